/** Where an app's events go. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Plus, Send } from "lucide-react";
import { useState } from "react";
import { type FullApp, type FullDestination, figuresQuery } from "@/api/calls";
import { ask, client } from "@/api/client";
import { Button } from "@/components/Button";
import { SecretOnce } from "@/components/Copy";
import { Dialog } from "@/components/Dialog";
import { FormError, TextField } from "@/components/Field";
import { Panel } from "@/components/Page";
import { Plain } from "@/components/Plain";
import { Empty } from "@/components/States";
import { Standing } from "@/components/Status";
import { useAction } from "@/lib/useAction";
import { app as texts } from "@/texts/app";
import { common } from "@/texts/common";

interface Props {
  app: FullApp;
  refusal: string | undefined;
}

export function DestinationsPanel({ app, refusal }: Props) {
  const [isAdding, setAdding] = useState(false);
  const add = (
    <Button size="sm" icon={Plus} refusal={refusal} onClick={() => setAdding(true)}>
      {texts.destinations.add}
    </Button>
  );
  return (
    <Panel title={texts.destinations.title} actions={app.destinations.length > 0 && add} isFlush>
      {app.destinations.length === 0 ? (
        <Empty icon={Send} title={texts.destinations.none} action={add} className="py-8">
          <p>{texts.destinations.noneText}</p>
        </Empty>
      ) : (
        <ul className="divide-y divide-line">
          {app.destinations.map((it) => (
            <Row key={it.id} app={app} destination={it} />
          ))}
        </ul>
      )}
      <AddDestination app={app} isOpen={isAdding} onClose={() => setAdding(false)} />
    </Panel>
  );
}

function Row({ app, destination }: { app: FullApp; destination: FullDestination }) {
  const figures = useQuery(figuresQuery({ app_slug: app.slug })).data;
  const failing = figures?.failing.find((it) => it.destinationId === destination.id)?.count ?? 0;
  const { destinations: words } = texts;
  const types = destination.event_types ?? [];
  const facts = [
    words.attempts(destination.max_attempts),
    words.timeout(destination.timeout_seconds),
    ...(types.length > 0 ? [words.only(types.join(", "))] : []),
    ...(destination.filter ? [words.filtered] : []),
  ];
  return (
    <li className="relative grid gap-1 px-4 py-3 hover:bg-hover/60">
      <div className="flex flex-wrap items-baseline justify-between gap-x-4 gap-y-1">
        <Link
          to="/apps/$slug/destinations/$id"
          params={{ slug: app.slug, id: destination.id }}
          className="min-w-0 font-mono text-sm break-all after:absolute after:inset-0 hover:underline"
        >
          <Plain most={300}>{destination.url}</Plain>
        </Link>
        <State destination={destination} failing={failing} />
      </div>
      <p className="text-sm text-muted">
        <Plain most={200}>{facts.join(" · ")}</Plain>
      </p>
      {destination.is_paused && destination.paused_reason && (
        <p className="text-sm text-warn">
          <Plain most={300}>{words.pausedBy(destination.paused_reason)}</Plain>
        </p>
      )}
    </li>
  );
}

function State({ destination, failing }: { destination: FullDestination; failing: number }) {
  if (destination.is_paused) return <Standing is="warn">{texts.destinations.paused}</Standing>;
  if (failing > 0) return <Standing is="bad">{texts.destinations.failing(failing)}</Standing>;
  return <Standing is="good">{texts.destinations.receiving}</Standing>;
}

function AddDestination({ app, isOpen, onClose }: { app: FullApp; isOpen: boolean; onClose(): void }) {
  const queries = useQueryClient();
  const [url, setUrl] = useState("");
  const [secret, setSecret] = useState("");
  const adding = useAction(async () => {
    const path = { slug: app.slug };
    const made = await ask(
      client.POST("/api/v1/apps/{slug}/destinations", { params: { path }, body: { url: url.trim() } }),
    );
    setSecret(made.signing_secret ?? "");
    setUrl("");
    await queries.invalidateQueries({ queryKey: ["apps"] });
    if (!made.signing_secret) close();
  });
  const close = () => {
    setSecret("");
    adding.clear();
    onClose();
  };
  return (
    <Dialog title={texts.destinations.addTitle} isOpen={isOpen} onClose={close}>
      {secret ? (
        <div className="grid gap-3">
          <p>{texts.destinations.added}</p>
          <SecretOnce
            value={secret}
            label={texts.destinations.secret}
            hint={texts.destinations.secretHint}
            onStored={close}
          />
        </div>
      ) : (
        <form
          className="grid gap-4"
          onSubmit={(event) => {
            event.preventDefault();
            void adding.run();
          }}
        >
          <TextField
            label={texts.destinations.url}
            hint={texts.destinations.urlHint}
            type="url"
            placeholder="https://"
            value={url}
            onChange={(event) => setUrl(event.target.value)}
            error={adding.about("url")}
            required
          />
          <FormError>{adding.general("url")}</FormError>
          <div className="flex justify-end gap-2">
            <Button onClick={close}>{common.cancel}</Button>
            <Button type="submit" tone="primary" isBusy={adding.isBusy}>
              {texts.destinations.add}
            </Button>
          </div>
        </form>
      )}
    </Dialog>
  );
}
