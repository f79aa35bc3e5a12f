/** Destinations where deliveries fail: since when, why, and what to do. */
import { Link } from "@tanstack/react-router";
import { Lightbulb, RotateCcw } from "lucide-react";
import { useState } from "react";
import type { Figures } from "@/api/calls";
import { ask, client } from "@/api/client";
import { Button, buttonClass } from "@/components/Button";
import { Confirm } from "@/components/Dialog";
import { Panel } from "@/components/Page";
import { Plain } from "@/components/Plain";
import { HttpStatus } from "@/components/Status";
import { Time } from "@/components/Time";
import { toast } from "@/components/toasts";
import type { EventSearch } from "@/lib/filters";
import { useRefusal } from "@/lib/roles";
import { replay } from "@/texts/events";
import { overview } from "@/texts/overview";
import { adviceFor } from "./advice";

type Failing = Figures["failing"][number];

/** The server says when there are more than one call takes. */
const MOST_CALLS = 50;

async function replayFailed(slug: string): Promise<void> {
  let queued = 0;
  for (let calls = 0; calls < MOST_CALLS; calls += 1) {
    const done = await ask(client.POST("/api/v1/apps/{slug}/replay-failed", { params: { path: { slug } } }));
    queued += done.queued;
    if (!done.more) break;
  }
  toast({ tone: "good", text: replay.finished(queued, 0) });
}

interface Props {
  failing: Failing[];
  heldBack: Figures["heldBack"];
}

export function FailingList({ failing, heldBack }: Props) {
  const [app, setApp] = useState<string | null>(null);
  const refusal = useRefusal("replay");
  if (failing.length === 0) return null;
  return (
    <Panel title={overview.failingTitle} isFlush>
      <ul className="divide-y divide-line">
        {failing.map((it) => (
          <Row
            key={it.destinationId}
            failing={it}
            heldBack={heldBack.find((held) => held.destinationId === it.destinationId)}
            refusal={refusal}
            onReplay={() => setApp(it.appSlug)}
          />
        ))}
      </ul>
      <Confirm
        title={overview.replayFailedTitle(app ?? "")}
        action={replay.action}
        isOpen={app !== null}
        onClose={() => setApp(null)}
        onConfirm={() => replayFailed(app ?? "")}
      >
        <p>{overview.replayFailedText}</p>
      </Confirm>
    </Panel>
  );
}

const MOST_WORDS = 120;

/** Those that wait for another attempt fail, too: what is common to all is how the last attempt ended. */
function searchOf({ appSlug: app_slug, lastStatus, lastError }: Failing): EventSearch {
  if (lastStatus) return { app_slug, outbound_status: String(lastStatus) };
  return lastError ? { app_slug, q: lastError.slice(0, MOST_WORDS).trim() } : { app_slug, status: "retrying" };
}

interface RowProps {
  failing: Failing;
  heldBack: Figures["heldBack"][number] | undefined;
  refusal: string | undefined;
  onReplay(): void;
}

const Row = ({ failing, heldBack, refusal, onReplay }: RowProps) => (
  <li className="grid gap-x-6 gap-y-2 px-4 py-3 lg:grid-cols-[minmax(0,1fr)_auto]" data-failing={failing.destinationId}>
    <div className="grid min-w-0 gap-1">
      <p className="flex flex-wrap items-baseline gap-x-3 gap-y-0.5">
        <Link
          to="/apps/$slug/destinations/$id"
          params={{ slug: failing.appSlug, id: failing.destinationId }}
          className="min-w-0 font-mono text-sm font-medium break-all text-text no-underline hover:underline"
        >
          <Plain>{failing.url}</Plain>
        </Link>
        <span className="text-sm text-muted">
          {failing.appSlug} · {overview.count(failing.count)} · {overview.first} <Time at={failing.since} />
        </span>
      </p>
      {(failing.lastError || failing.lastStatus) && (
        <p className="flex items-baseline gap-2 text-sm text-bad">
          {failing.lastStatus && !failing.lastError && <HttpStatus code={failing.lastStatus} />}
          <Plain>{failing.lastError}</Plain>
        </p>
      )}
      {heldBack && (
        <p className="text-sm text-warn">
          {heldBack.state === "open" ? overview.heldBack : overview.recovering}
          {heldBack.nextTryAt && (
            <>
              {" "}
              {overview.nextTry} <Time at={heldBack.nextTryAt} />.
            </>
          )}
        </p>
      )}
      <p className="flex items-start gap-2 text-sm text-muted">
        <Lightbulb size={15} className="mt-0.5 shrink-0 text-warn" aria-hidden />
        <span className="text-pretty">{adviceFor(failing.lastStatus ?? null, failing.lastError ?? null)}</span>
      </p>
    </div>
    <div className="flex items-start gap-2">
      <Link to="/events" search={searchOf(failing)} className={buttonClass("plain", "sm")}>
        {overview.showEvents}
      </Link>
      <Button size="sm" icon={RotateCcw} refusal={refusal} onClick={onReplay}>
        {overview.replayFailed}
      </Button>
    </div>
  </li>
);
