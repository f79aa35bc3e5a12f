/** How a destination stands: whether it gets anything, since when it fails, what waits for it. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type Figures, type FullApp, type FullDestination, figuresQuery } from "@/api/calls";
import { buttonClass } from "@/components/Button";
import { Notice } from "@/components/Notice";
import { Fact, Facts, Panel } from "@/components/Page";
import { Plain } from "@/components/Plain";
import { HttpStatus, Standing } from "@/components/Status";
import { Time } from "@/components/Time";
import { number } from "@/lib/format";
import { common } from "@/texts/common";
import { destination as texts } from "@/texts/destination";

const words = texts.state;

interface Props {
  app: FullApp;
  destination: FullDestination;
}

const heldBackOf = (figures: Figures | undefined, id: string) =>
  figures?.heldBack.find((it) => it.destinationId === id);
const failingOf = (figures: Figures | undefined, id: string) => figures?.failing.find((it) => it.destinationId === id);

export function StateNotices({ app, destination }: Props) {
  const figures = useQuery(figuresQuery({ destination_id: destination.id })).data;
  const failing = failingOf(figures, destination.id);
  const heldBack = heldBackOf(figures, destination.id);
  return (
    <>
      {destination.is_paused && (
        <Notice tone="warn" title={words.pausedTitle}>
          {destination.paused_reason && (
            <p>
              <Plain most={400}>{words.pausedBy(destination.paused_reason)}</Plain>
            </p>
          )}
          <p>{words.paused2}</p>
        </Notice>
      )}
      {heldBack && <HeldBack of={heldBack} />}
      {failing && (
        <Notice
          tone="bad"
          title={
            <>
              {words.failingTitle(number(failing.count))}, {words.first} <Time at={failing.since} />
            </>
          }
          actions={
            <Link
              to="/events"
              search={{ app_slug: app.slug, status: figures?.backlog.waiting ? "retrying" : "failed" }}
              className={buttonClass("plain", "sm")}
            >
              {words.seeFailed}
            </Link>
          }
        >
          {failing.lastError && (
            <p>
              <Plain most={400}>{failing.lastError}</Plain>
            </p>
          )}
          <p>{words.what}</p>
        </Notice>
      )}
    </>
  );
}

export function StatePanel({ destination }: Props) {
  const figures = useQuery(figuresQuery({ destination_id: destination.id })).data;
  const failing = failingOf(figures, destination.id);
  const heldBack = heldBackOf(figures, destination.id);
  const { waiting = 0, held = 0, oldestAt = null } = figures?.backlog ?? {};
  return (
    <Panel title={words.title}>
      <Facts>
        <Fact name={words.title}>
          <Present isPaused={destination.is_paused} isFailing={Boolean(failing)} heldBack={heldBack} />
        </Fact>
        {heldBack?.nextTryAt && (
          <Fact name={words.nextTry}>
            <Time at={heldBack.nextTryAt} />
          </Fact>
        )}
        {failing && (
          <Fact name={words.lastAnswer}>
            {failing.lastStatus ? <HttpStatus code={failing.lastStatus} /> : words.noAnswer}
          </Fact>
        )}
        <Fact name={words.queue}>
          {waiting + held === 0 ? (
            <span className="text-muted">{figures ? words.empty : common.none}</span>
          ) : (
            <span className="tabular-nums">
              {[waiting > 0 && `${words.waiting} ${number(waiting)}`, held > 0 && `${words.held} ${number(held)}`]
                .filter(Boolean)
                .join(" · ")}
            </span>
          )}
        </Fact>
        {oldestAt && (
          <Fact name={words.oldest}>
            <Time at={oldestAt} />
          </Fact>
        )}
      </Facts>
    </Panel>
  );
}

/** What its circuit breaker does, and why nobody has to do anything about that. */
const HeldBack = ({ of: it }: { of: Figures["heldBack"][number] }) =>
  it.state === "open" ? (
    <Notice
      tone="bad"
      title={
        <>
          {words.openTitle}, {words.since} <Time at={it.since} />
        </>
      }
    >
      <p>{words.open(it.failedTries)}</p>
    </Notice>
  ) : (
    <Notice tone="good" title={words.recoveringTitle}>
      <p>{words.recovering}</p>
    </Notice>
  );

interface PresentProps {
  isPaused: boolean;
  isFailing: boolean;
  heldBack: Figures["heldBack"][number] | undefined;
}

function Present({ isPaused, isFailing, heldBack }: PresentProps) {
  if (isPaused) return <Standing is="warn">{words.paused}</Standing>;
  if (heldBack?.state === "open") return <Standing is="bad">{words.heldBack}</Standing>;
  if (heldBack) return <Standing is="warn">{words.recoveringState}</Standing>;
  if (isFailing) return <Standing is="bad">{words.failing}</Standing>;
  return <Standing is="good">{words.receiving}</Standing>;
}
