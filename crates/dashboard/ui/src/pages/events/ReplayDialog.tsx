/** Replaying one event: to all its destinations, to one, or to a URL. */
import { useQuery } from "@tanstack/react-query";
import { RotateCcw } from "lucide-react";
import { useState } from "react";
import { ask, client, idempotencyKey, type Schemas } from "@/api/client";
import { appQuery } from "@/api/queries";
import { queryClient } from "@/api/queryClient";
import { Button } from "@/components/Button";
import { SecretOnce } from "@/components/Copy";
import { Dialog } from "@/components/Dialog";
import { FormError, SelectField, TextField } from "@/components/Field";
import { toast } from "@/components/toasts";
import { useAction } from "@/lib/useAction";
import { common } from "@/texts/common";
import { replay } from "@/texts/events";

interface Props {
  event: { id: string; appSlug?: string | null } | null;
  onClose(): void;
  /** After a toast's press. */
  onWatch?: (id: string) => void;
}

/** What the select's value is for a URL of the reader's own. */
const OWN_URL = "url";

export function replayBody(target: string, url: string): Schemas["EventReplay"] | undefined {
  if (target === OWN_URL) return { url };
  return target ? { destination_id: target } : undefined;
}

export async function sendReplay(id: string, body: Schemas["EventReplay"] | undefined, key = idempotencyKey()) {
  const params = { path: { id }, header: { "Idempotency-Key": key } };
  return ask(client.POST("/api/v1/events/{id}/replay", { params, ...(body && { body }) }));
}

export function ReplayDialog({ event, onClose, onWatch }: Props) {
  return (
    <Dialog title={replay.title} description={replay.lead} isOpen={event !== null} onClose={onClose} width="sm">
      {event && <Inside event={event} onClose={onClose} onWatch={onWatch} />}
    </Dialog>
  );
}

function Inside({ event, onClose, onWatch }: Props & { event: NonNullable<Props["event"]> }) {
  const app = useQuery({ ...appQuery(event.appSlug ?? ""), enabled: Boolean(event.appSlug) }).data;
  const destinations = app?.destinations ?? [];
  const hasNone = app !== undefined && destinations.length === 0;
  const [chosen, setTarget] = useState("");
  const target = hasNone ? OWN_URL : chosen;
  const [url, setUrl] = useState("");
  const [secret, setSecret] = useState("");
  // The same key for the same wish: pressing again after a failure makes nothing twice.
  const [key] = useState(idempotencyKey);
  const sending = useAction(async () => {
    const done = await sendReplay(event.id, replayBody(target, url), `${key}-${target}-${url}`.slice(0, 200));
    void queryClient.invalidateQueries({ queryKey: ["event", event.id] });
    const action = onWatch && { action: { label: replay.watch, run: () => onWatch(event.id) } };
    toast({ tone: "good", text: replay.queued(done.deliveries.length), ...action });
    if (done.signing_secret) setSecret(done.signing_secret);
    else onClose();
  });
  if (secret) {
    return <SecretOnce value={secret} label={replay.secret} hint={replay.secretHint} onStored={onClose} />;
  }
  return (
    <form
      className="grid gap-4"
      onSubmit={(submitted) => {
        submitted.preventDefault();
        void sending.run();
      }}
    >
      <SelectField
        label={replay.to}
        value={target}
        onChange={(changed) => setTarget(changed.target.value)}
        hint={hasNone ? replay.noDestination : undefined}
        error={sending.about("destination_id")}
      >
        {!hasNone && <option value="">{replay.toAll}</option>}
        {destinations.map((it) => (
          <option key={it.id} value={it.id}>
            {it.url}
          </option>
        ))}
        <option value={OWN_URL}>{replay.toUrl}</option>
      </SelectField>
      {target === OWN_URL && (
        <TextField
          label={replay.url}
          type="url"
          isMono
          placeholder="https://"
          hint={replay.urlHint}
          value={url}
          onChange={(changed) => setUrl(changed.target.value)}
          error={sending.about("url")}
          maxLength={2_000}
          required
        />
      )}
      <FormError>{sending.general("destination_id", "url")}</FormError>
      <div className="flex justify-end gap-2">
        <Button onClick={onClose}>{common.cancel}</Button>
        <Button type="submit" tone="primary" icon={RotateCcw} isBusy={sending.isBusy} autoFocus>
          {replay.action}
        </Button>
      </div>
    </form>
  );
}
