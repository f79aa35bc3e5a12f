/** A signed example: made here, sent by the reader, seen to arrive. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { CircleCheck, FlaskConical, LoaderCircle, Send } from "lucide-react";
import { useEffect, useState } from "react";
import type { FullApp } from "@/api/calls";
import { ask, client, type Schemas } from "@/api/client";
import { onLive } from "@/api/live";
import { type Event, sourcesQuery } from "@/api/queries";
import { Button, buttonClass } from "@/components/Button";
import { CopyField } from "@/components/Copy";
import { FormError, TextField } from "@/components/Field";
import { Panel } from "@/components/Page";
import { AUTO } from "@/components/SourcePicker";
import { Status } from "@/components/Status";
import { useAction } from "@/lib/useAction";
import { app as texts } from "@/texts/app";

type Example = Schemas["Example"];
const words = texts.test;

export function TestPanel({ app }: { app: FullApp }) {
  const [secret, setSecret] = useState("");
  const [example, setExample] = useState<Example>();
  const making = useAction(async () => {
    const given = secret.trim() && { secret: secret.trim() };
    // What has no source yet recognises anybody's: a provider that many know.
    const provider = app.source === AUTO && { provider: "replicate" };
    setExample(await ask(client.POST("/api/v1/tools/mock", { body: { app: app.slug, ...provider, ...given } })));
  });
  const source = useQuery(sourcesQuery).data?.sources.find((it) => it.slug === app.source);
  return (
    <Panel title={words.title} lead={words.lead}>
      <form
        className="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          void making.run();
        }}
      >
        {app.hasSecret && (
          <TextField
            label={words.secret}
            hint={words.secretHint}
            placeholder={source?.secretName ?? undefined}
            isOptional
            isMono
            autoComplete="off"
            spellCheck={false}
            value={secret}
            onChange={(event) => setSecret(event.target.value)}
            error={making.about("secret")}
          />
        )}
        <FormError>{making.general("secret")}</FormError>
        <div>
          <Button type="submit" icon={FlaskConical} isBusy={making.isBusy}>
            {example ? words.again : words.make}
          </Button>
        </div>
        {example && <Sending app={app} example={example} hasSecret={secret.trim() !== ""} />}
      </form>
    </Panel>
  );
}

/** A page of the same origin may send it; every other is kept from it by the browser. */
const isSendable = (url: string): boolean => {
  try {
    return new URL(url).origin === location.origin;
  } catch {
    return false;
  }
};

async function send({ method, url, headers, body, body_base64 }: Example): Promise<void> {
  const bytes = body ?? Uint8Array.from(atob(body_base64), (character) => character.charCodeAt(0));
  await fetch(url, { method, headers: headers as Record<string, string>, body: bytes, credentials: "omit" });
}

function Sending({ app, example, hasSecret }: { app: FullApp; example: Example; hasSecret: boolean }) {
  const sending = useAction(() => send(example));
  const arrived = useArrived(app.slug, example);
  const isNoted = Boolean(example.note) && !hasSecret && app.hasSecret;
  return (
    <div className="grid gap-3">
      {isNoted && <p className="text-sm text-pretty text-muted">{example.note}</p>}
      {isSendable(example.url) ? (
        <div>
          <Button icon={Send} onClick={() => sending.run()} isBusy={sending.isBusy}>
            {words.send}
          </Button>
        </div>
      ) : (
        <div className="grid gap-1.5">
          <h3 className="text-sm font-medium">{words.command}</h3>
          <CopyField value={example.curl} label={words.commandLabel} isWrapped />
        </div>
      )}
      {sending.error !== undefined && <FormError>{words.sendFailed}</FormError>}
      <Arrival event={arrived} />
    </div>
  );
}

/** The first event that the app gets after the example was made. */
function useArrived(slug: string, example: Example): Event | undefined {
  const [event, setEvent] = useState<Event>();
  // biome-ignore lint/correctness/useExhaustiveDependencies: another example waits for another event.
  useEffect(() => {
    const since = Date.now() - 2_000;
    setEvent(undefined);
    let first: string | undefined;
    return onLive((changes) => {
      for (const change of changes) {
        if (change.kind !== "event" || change.event.appSlug !== slug) continue;
        if (Date.parse(change.event.receivedAt) < since || (first && first !== change.event.id)) continue;
        first = change.event.id;
        setEvent(change.event);
      }
    });
  }, [slug, example]);
  return event;
}

function Arrival({ event }: { event: Event | undefined }) {
  if (!event) {
    return (
      <p role="status" className="flex items-center gap-2 text-sm text-muted">
        <LoaderCircle size={15} className="animate-spin" aria-hidden />
        {words.waiting}
      </p>
    );
  }
  return (
    <p role="status" className="flex flex-wrap items-center gap-x-3 gap-y-1">
      <span className="flex items-center gap-2 font-medium">
        <CircleCheck size={16} className="text-good" aria-hidden />
        {words.arrived}
      </span>
      <Status of={event.status} isBadge />
      <Link to="/events/$id" params={{ id: event.id }} search={{}} className={buttonClass("plain", "sm")}>
        {words.open}
      </Link>
    </p>
  );
}
