/** The last step: where events go, and the secret with which the handler verifies them. */
import { useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { RotateCcw, Send } from "lucide-react";
import { useState } from "react";
import { type Probe, probe } from "@/api/calls";
import { ask, client } from "@/api/client";
import type { App } from "@/api/queries";
import { Button, buttonClass } from "@/components/Button";
import { SecretOnce } from "@/components/Copy";
import { FormError, TextField } from "@/components/Field";
import { Plain } from "@/components/Plain";
import { useRefusal } from "@/lib/roles";
import { useAction } from "@/lib/useAction";
import { welcome } from "@/texts/welcome";
import { ProbeResult } from "../apps/ProbeResult";
import { ReplayDialog } from "../events/ReplayDialog";

interface Props {
  app: App;
  firstEvent: { id: string; status: string } | undefined;
}

export function ConnectDestination({ app, firstEvent }: Props) {
  const queries = useQueryClient();
  const refusal = useRefusal("configure");
  const [url, setUrl] = useState("");
  const [secret, setSecret] = useState("");
  const connecting = useAction(async () => {
    const params = { path: { slug: app.slug } };
    const made = await ask(client.POST("/api/v1/apps/{slug}/destinations", { params, body: { url: url.trim() } }));
    setSecret(made.signing_secret ?? "");
    await queries.invalidateQueries({ queryKey: ["apps"] });
  });
  if (app.destinations.length > 0) return <Connected app={app} secret={secret} firstEvent={firstEvent} />;
  return (
    <form
      className="card grid gap-4 p-4"
      onSubmit={(event) => {
        event.preventDefault();
        void connecting.run();
      }}
    >
      <TextField
        label={welcome.url}
        type="url"
        isMono
        placeholder="https://"
        hint={welcome.toUrlHint}
        value={url}
        onChange={(event) => setUrl(event.target.value)}
        error={connecting.about("url")}
        maxLength={2_000}
        required
      />
      <FormError>{connecting.general("url")}</FormError>
      <div>
        <Button type="submit" tone="primary" isBusy={connecting.isBusy} refusal={refusal}>
          {welcome.connect}
        </Button>
      </div>
    </form>
  );
}

function Connected({ app, secret, firstEvent }: Props & { secret: string }) {
  const [isReplaying, setReplaying] = useState(false);
  const [result, setResult] = useState<Probe>();
  const refusal = useRefusal("configure");
  const testing = useAction(async () => {
    const destination = app.destinations[0];
    if (destination) setResult(await probe(app.slug, destination.id, "test"));
  });
  const isReplayable = firstEvent && firstEvent.status !== "rejected";
  return (
    <div className="grid gap-4">
      {app.destinations.map((it) => (
        <p key={it.id} className="font-mono text-sm break-all">
          <Plain>{it.url}</Plain>
        </p>
      ))}
      {secret && <SecretOnce value={secret} label={welcome.secretLabel} hint={welcome.secretUse} />}
      <p className="text-pretty text-muted">
        {welcome.done} {isReplayable ? welcome.seeReplay : welcome.seeTest}
      </p>
      {result && <ProbeResult probe={result} how="test" />}
      <FormError>{testing.general()}</FormError>
      <div className="flex flex-wrap gap-2">
        {isReplayable ? (
          <Button icon={RotateCcw} onClick={() => setReplaying(true)}>
            {welcome.replayFirst}
          </Button>
        ) : (
          <Button icon={Send} refusal={refusal} isBusy={testing.isBusy} onClick={() => testing.run()}>
            {welcome.tryIt}
          </Button>
        )}
        <Link to="/" className={buttonClass("primary")}>
          {welcome.finish}
        </Link>
      </div>
      <ReplayDialog
        event={isReplaying && firstEvent ? { id: firstEvent.id, appSlug: app.slug } : null}
        onClose={() => setReplaying(false)}
      />
    </div>
  );
}
