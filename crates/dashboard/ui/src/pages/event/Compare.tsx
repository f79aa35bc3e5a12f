/** An event beside another, or an attempt's answer beside another's. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { ask, client } from "@/api/client";
import { type Attempt, type EventDetail, eventQuery, type HeaderField } from "@/api/queries";
import { Button } from "@/components/Button";
import { Dialog } from "@/components/Dialog";
import { SelectField, TextField } from "@/components/Field";
import { Failure, Skeleton } from "@/components/States";
import { bytesOf, readable } from "@/lib/body";
import { pretty } from "@/lib/json";
import { event as texts } from "@/texts/event";
import { DiffView } from "./DiffView";

const { diff: words } = texts;
const MOST_TEXT = 3_000_000;

const headersOf = (headers: HeaderField[]): string =>
  headers
    .map((it) => `${it.name.toLowerCase()}: ${it.value}`)
    .sort()
    .join("\n");

/** JSON with its names in order: another order is no difference. */
function bodyText(body: string | null | undefined, encoding: string | null | undefined): string {
  if (!body) return "";
  if (encoding === "base64") return readable(bytesOf(body.slice(0, MOST_TEXT)), MOST_TEXT / 4);
  return pretty(body.slice(0, MOST_TEXT), true) ?? body.slice(0, MOST_TEXT);
}

interface Side {
  headers: string;
  body: string;
}

const sideOfEvent = (it: EventDetail): Side => ({
  headers: headersOf(it.headers),
  body: bodyText(it.body, it.bodyEncoding),
});

const sideOfAttempt = (it: Attempt): Side => ({
  headers: [`status: ${it.statusCode ?? it.outcome}`, headersOf(it.answer?.headers ?? [])].join("\n"),
  body: bodyText(it.answer?.body, it.answer?.bodyEncoding) || (it.error ?? ""),
});

export function Compare({ event, isOpen, onClose }: { event: EventDetail; isOpen: boolean; onClose(): void }) {
  const [what, setWhat] = useState<"event" | "attempts">("event");
  return (
    <Dialog title={words.title} description={words.lead} isOpen={isOpen} onClose={onClose} width="lg">
      <div className="grid gap-4">
        <SelectField
          label={words.what}
          value={what}
          onChange={(changed) => setWhat(changed.target.value as typeof what)}
        >
          <option value="event">{words.withEvent}</option>
          <option value="attempts">{words.attempts}</option>
        </SelectField>
        {what === "event" ? <WithEvent event={event} /> : <TwoAttempts event={event} />}
      </div>
    </Dialog>
  );
}

const Both = ({ left, right }: { left: Side; right: Side }) => (
  <>
    <h3 className="font-semibold">{words.body}</h3>
    <DiffView before={left.body} after={right.body} label={words.body} />
    <h3 className="font-semibold">{words.headers}</h3>
    <DiffView before={left.headers} after={right.headers} label={words.headers} />
  </>
);

/** The event of the same app and type that came before it. */
async function predecessor(event: EventDetail): Promise<string> {
  const query = {
    ...(event.appSlug && { app_slug: event.appSlug }),
    ...(event.eventType && { event_type: event.eventType }),
    until: event.receivedAt,
    limit: 1,
  };
  const found = await ask(client.GET("/api/v1/events", { params: { query } }));
  return found.events[0]?.id ?? "";
}

function WithEvent({ event }: { event: EventDetail }) {
  const [typed, setTyped] = useState("");
  const before = useQuery({
    queryKey: ["event", event.id, "before"],
    queryFn: () => predecessor(event),
    staleTime: Number.POSITIVE_INFINITY,
  }).data;
  const [id, setId] = useState("");
  const other = useQuery({ ...eventQuery(id), enabled: id !== "" });
  return (
    <>
      <form
        className="grid items-end gap-3 sm:grid-cols-[1fr_auto_auto]"
        onSubmit={(submitted) => {
          submitted.preventDefault();
          setId(typed.trim());
        }}
      >
        <TextField
          label={words.otherId}
          isMono
          placeholder="evt_…"
          value={typed}
          onChange={(changed) => setTyped(changed.target.value)}
          required
        />
        <Button type="submit">{words.show}</Button>
        {before && (
          <Button
            onClick={() => {
              setTyped(before);
              setId(before);
            }}
          >
            {words.before}
          </Button>
        )}
      </form>
      {other.data && <Both left={sideOfEvent(other.data)} right={sideOfEvent(event)} />}
      {id !== "" && other.isPending && <Skeleton />}
      {other.error && <Failure error={other.error} onRetry={() => other.refetch()} />}
    </>
  );
}

function TwoAttempts({ event }: { event: EventDetail }) {
  const attempts = event.deliveries.flatMap((delivery) =>
    delivery.attempts.map((made) => ({ made, key: `${delivery.id} ${made.number}` })),
  );
  const [left, setLeft] = useState(attempts.at(0)?.key ?? "");
  const [right, setRight] = useState(attempts.at(-1)?.key ?? "");
  if (attempts.length < 2) return <p className="text-muted">{words.none}</p>;
  const of = (key: string) => attempts.find((it) => it.key === key)?.made;
  const options = attempts.map(({ made, key }) => (
    <option key={key} value={key}>
      {`${texts.attempt.title(made.number)} · ${made.statusCode ?? made.outcome} · ${made.url}`}
    </option>
  ));
  const [a, b] = [of(left), of(right)];
  return (
    <>
      <div className="grid gap-3 sm:grid-cols-2">
        <SelectField label={words.left} value={left} onChange={(changed) => setLeft(changed.target.value)}>
          {options}
        </SelectField>
        <SelectField label={words.right} value={right} onChange={(changed) => setRight(changed.target.value)}>
          {options}
        </SelectField>
      </div>
      {a && b && <Both left={sideOfAttempt(a)} right={sideOfAttempt(b)} />}
    </>
  );
}
