/** A signed example: sent from here or by a command, and seen to arrive. */
import { Link } from "@tanstack/react-router";
import { CircleCheck, LoaderCircle } from "lucide-react";
import { useEffect, useState } from "react";
import type { FullApp } from "@/api/calls";
import { onLive } from "@/api/live";
import type { Event } from "@/api/queries";
import { buttonClass } from "@/components/Button";
import { Panel } from "@/components/Page";
import { Status } from "@/components/Status";
import { app as texts } from "@/texts/app";
import { ExampleForm } from "./ExampleForm";
import { SendTest } from "./SendTest";

const words = texts.test;
/** By how much the clocks may differ: what came in earlier than that is not what is waited for. */
const CLOCKS_DIFFER_MS = 5_000;

export function TestPanel({ app }: { app: FullApp }) {
  // One more for each event that is waited for; none is, at 0.
  const [turn, setTurn] = useState(0);
  const [id, setId] = useState<string>();
  const begin = () => {
    setTurn((before) => before + 1);
    setId(undefined);
  };
  return (
    <Panel title={words.title} lead={words.lead}>
      <div className="grid gap-4">
        <SendTest
          slug={app.slug}
          onSend={begin}
          onDone={(sent) => (sent ? setId(sent.eventId ?? undefined) : setTurn(0))}
        />
        {turn > 0 && <Arrived slug={app.slug} turn={turn} id={id} />}
        <details>
          <summary className="link w-fit cursor-pointer">{words.elsewhere}</summary>
          <div className="pt-3">
            <ExampleForm app={app} onMade={begin} />
          </div>
        </details>
      </div>
    </Panel>
  );
}

interface Awaited {
  slug: string;
  turn: number;
  /** Known where the server has said it: then the event is there, whatever is heard of it. */
  id: string | undefined;
}

function Arrived({ slug, turn, id }: Awaited) {
  const heard = useHeard(slug, turn);
  const event = id ? heard.get(id) : [...heard.values()].at(0);
  const known = event?.id ?? id;
  return known ? <There id={known} status={event?.status} /> : <Waiting />;
}

/** The newest state of the app's events that have come in since the turn began, in their order. */
function useHeard(slug: string, turn: number): ReadonlyMap<string, Event> {
  const [heard, setHeard] = useState<ReadonlyMap<string, Event>>(new Map());
  // biome-ignore lint/correctness/useExhaustiveDependencies: another turn waits for another event.
  useEffect(() => {
    const since = Date.now() - CLOCKS_DIFFER_MS;
    setHeard(new Map());
    return onLive((changes) => {
      const news = changes.flatMap((it) => (it.kind === "event" && it.event.appSlug === slug ? [it.event] : []));
      const late = news.filter((it) => Date.parse(it.receivedAt) >= since);
      if (late.length > 0) setHeard((before) => new Map([...before, ...late.map((it) => [it.id, it] as const)]));
    });
  }, [slug, turn]);
  return heard;
}

const Waiting = () => (
  <p role="status" className="flex items-center gap-2 text-sm text-muted">
    <LoaderCircle size={15} className="animate-spin" aria-hidden />
    {words.waiting}
  </p>
);

const There = ({ id, status }: { id: string; status: Event["status"] | undefined }) => (
  <p role="status" className="flex flex-wrap items-center gap-x-3 gap-y-1">
    <span className="flex items-center gap-2 font-medium">
      <CircleCheck size={16} className="text-good" aria-hidden />
      {words.arrived}
    </span>
    {status && <Status of={status} isBadge />}
    <Link to="/events/$id" params={{ id }} search={{}} className={buttonClass("plain", "sm")}>
      {words.open}
    </Link>
  </p>
);
