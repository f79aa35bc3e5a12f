/** What a row of the log shows. */
import { useRouter } from "@tanstack/react-router";
import { ShieldAlert, ShieldCheck } from "lucide-react";
import type { MouseEvent as Press } from "react";
import type { Event } from "@/api/queries";
import { Plain } from "@/components/Plain";
import { HttpStatus, Status, statusOf } from "@/components/Status";
import type { Column } from "@/components/Table";
import { Time } from "@/components/Time";
import { duration, shortened } from "@/lib/format";
import { common } from "@/texts/common";
import { events } from "@/texts/events";

const { columns: titles } = events;

const prepare = () => void import("@/pages/event/EventPage").catch(() => {});
const isPlain = (press: Press): boolean =>
  press.button === 0 && !press.metaKey && !press.ctrlKey && !press.shiftKey && !press.altKey;

/** What the router's own link watches and works out, each row that comes into view would. */
function Type({ event }: { event: Event }) {
  const router = useRouter();
  return (
    <a
      href={`/events/${event.id}`}
      data-row
      onPointerEnter={prepare}
      onFocus={prepare}
      onClick={(press) => {
        if (!isPlain(press)) return;
        press.preventDefault();
        void router.navigate({ to: "/events/$id", params: { id: event.id }, search: {} });
      }}
      className="font-medium text-text no-underline after:absolute after:inset-0 focus-visible:outline-none focus-visible:after:outline-2 focus-visible:after:-outline-offset-2 focus-visible:after:outline-accent"
    >
      {event.eventType ? (
        <Plain>{event.eventType}</Plain>
      ) : (
        <span className="font-mono text-sm font-normal text-muted">{shortened(event.id, 18)}</span>
      )}
    </a>
  );
}

const App = ({ event }: { event: Event }) => event.appSlug ?? <span className="text-faint">{events.deletedApp}</span>;

/** Without the scheme and what everybody knows, so that what differs can be seen. */
const Target = ({ url }: { url: string | null | undefined }) =>
  url ? (
    <Plain className="font-mono text-sm text-muted">{url.replace(/^https?:\/\//, "")}</Plain>
  ) : (
    <span className="text-faint">{common.none}</span>
  );

const Verified = ({ is }: { is: boolean | null | undefined }) =>
  is === true ? (
    <ShieldCheck size={14} className="mb-0.5 ml-0.5 inline text-good" role="img" aria-label={events.verified} />
  ) : is === false ? (
    <ShieldAlert size={14} className="mb-0.5 ml-0.5 inline text-bad" role="img" aria-label={events.notVerified} />
  ) : null;

interface Selecting {
  isSelected(id: string): boolean;
  toggle(id: string, isRange: boolean): void;
  all: boolean;
  toggleAll(): void;
}

export function columnsOf(selecting: Selecting): Column<Event>[] {
  return [
    {
      id: "select",
      title: (
        <input
          type="checkbox"
          aria-label={events.selectAll}
          checked={selecting.all}
          onChange={selecting.toggleAll}
          className="mx-0.5 size-4 accent-accent"
        />
      ),
      width: "2.25rem",
      cell: (event) => (
        <span className="relative z-1 -mx-1.5 grid h-9 w-8 place-items-center">
          <input
            type="checkbox"
            aria-label={events.selectOne(event.id)}
            checked={selecting.isSelected(event.id)}
            onChange={(change) => selecting.toggle(event.id, (change.nativeEvent as MouseEvent).shiftKey)}
            className="size-4 accent-accent"
          />
        </span>
      ),
    },
    { id: "status", title: titles.status, width: "7.5rem", cell: (event) => <Status of={statusOf(event)} /> },
    { id: "type", title: titles.type, width: "minmax(11rem, 2fr)", cell: (event) => <Type event={event} /> },
    {
      id: "app",
      title: titles.app,
      width: "minmax(8rem, 1fr)",
      className: "text-muted",
      cell: (event) => (
        <>
          <App event={event} /> <Verified is={event.signatureValid} />
        </>
      ),
    },
    {
      id: "destination",
      title: titles.destination,
      width: "minmax(11rem, 2.6fr)",
      cell: (event) => <Target url={event.outboundUrl} />,
    },
    {
      id: "http",
      title: titles.http,
      width: "3.5rem",
      cell: (event) => <HttpStatus code={event.outboundStatus} />,
      isRight: true,
    },
    {
      id: "attempts",
      title: titles.attempts,
      width: "5rem",
      isRight: true,
      className: "text-muted",
      cell: (event) => events.attemptsOf(event.attempt, event.maxAttempts),
    },
    {
      id: "latency",
      title: titles.latency,
      width: "5rem",
      isRight: true,
      className: "text-muted",
      cell: (event) => (event.latencyMs == null ? common.none : duration(event.latencyMs)),
    },
    {
      id: "received",
      title: titles.received,
      width: "7rem",
      isRight: true,
      cell: (event) => <Time at={event.receivedAt} form="clock" isBare className="relative z-1 text-muted" />,
    },
  ];
}

/** The same on a phone. */
export const EventCard = ({ event }: { event: Event }) => (
  <>
    <p className="flex items-baseline gap-2">
      <span className="min-w-0 flex-1 truncate">
        <Type event={event} />
      </span>
      <Time at={event.receivedAt} isBare className="shrink-0 text-sm text-muted" />
    </p>
    <p className="mt-0.5 flex items-center gap-2 text-sm text-muted">
      <Status of={statusOf(event)} />
      <span className="truncate">
        <App event={event} />
      </span>
      <span className="flex-1" />
      {event.outboundStatus ? <HttpStatus code={event.outboundStatus} /> : null}
    </p>
  </>
);
