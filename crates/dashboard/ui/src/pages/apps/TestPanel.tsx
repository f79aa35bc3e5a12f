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

export function TestPanel({ app }: { app: FullApp }) {
  // One for each event that is waited for.
  const [awaited, setAwaited] = useState<object>();
  const wait = () => setAwaited({});
  return (
    <Panel title={words.title} lead={words.lead}>
      <div className="grid gap-4">
        <SendTest slug={app.slug} onSent={wait} />
        {awaited && <Arrived slug={app.slug} awaited={awaited} />}
        <details>
          <summary className="link w-fit cursor-pointer">{words.elsewhere}</summary>
          <div className="pt-3">
            <ExampleForm app={app} onMade={wait} />
          </div>
        </details>
      </div>
    </Panel>
  );
}

const Arrived = ({ slug, awaited }: { slug: string; awaited: object }) => <Arrival event={useArrived(slug, awaited)} />;

/** The first event that the app gets from now on. */
function useArrived(slug: string, awaited: object): Event | undefined {
  const [event, setEvent] = useState<Event>();
  // biome-ignore lint/correctness/useExhaustiveDependencies: something else that is awaited is another event.
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
  }, [slug, awaited]);
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
