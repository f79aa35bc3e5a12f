/** What happened to an event, from top to bottom: received, verified, each delivery with its attempts. */
import { Link } from "@tanstack/react-router";
import { Inbox, type LucideIcon, Send, ShieldAlert, ShieldCheck, ShieldQuestion } from "lucide-react";
import type { ReactNode } from "react";
import type { Delivery, EventDetail } from "@/api/queries";
import { Panel } from "@/components/Page";
import { Plain } from "@/components/Plain";
import { Status } from "@/components/Status";
import { Time } from "@/components/Time";
import { cx } from "@/lib/cx";
import { event as texts } from "@/texts/event";
import { Attempt } from "./Attempt";

const { steps, delivery: words } = texts;

interface Props {
  event: EventDetail;
  /** What handlers answered is hidden with the payload. */
  isShown: boolean;
}

export function Timeline({ event, isShown }: Props) {
  return (
    <Panel title={texts.timeline} isFlush>
      <ol>
        <Step icon={Inbox} title={steps.received} aside={<Time at={event.receivedAt} />}>
          {steps.receivedFrom(event.method, event.bodyBytes)}
        </Step>
        <Verification event={event} />
        {event.deliveries.length === 0 && event.status !== "rejected" && (
          <Step icon={Send} title={steps.discarded} tone="text-muted" />
        )}
        {event.deliveries.map((it) => (
          <DeliveryStep key={it.id} delivery={it} event={event} isShown={isShown} />
        ))}
      </ol>
    </Panel>
  );
}

function Verification({ event }: { event: EventDetail }) {
  if (event.signatureValid === true) {
    return <Step icon={ShieldCheck} title={steps.verified} tone="text-good" aside={<span>{event.source}</span>} />;
  }
  if (event.status !== "rejected" && event.signatureValid !== false) {
    return <Step icon={ShieldQuestion} title={steps.unverified} tone="text-muted" />;
  }
  return (
    <Step icon={ShieldAlert} title={steps.rejected} tone="text-bad">
      <Plain>{event.rejectionReason}</Plain>
    </Step>
  );
}

interface StepProps {
  icon: LucideIcon;
  title: ReactNode;
  tone?: string;
  aside?: ReactNode;
  children?: ReactNode;
}

const Step = ({ icon: Icon, title, tone = "text-muted", aside, children }: StepProps) => (
  <li className="border-b border-line last:border-b-0">
    <div className="flex items-start gap-2.5 px-4 py-2.5">
      <Icon size={16} className={cx("mt-0.5 shrink-0", tone)} aria-hidden />
      <div className="min-w-0 flex-1">
        <p className="font-medium">{title}</p>
        {children && <p className="text-sm break-words text-muted">{children}</p>}
      </div>
      {aside && <span className="shrink-0 text-sm text-muted">{aside}</span>}
    </div>
  </li>
);

/** Why an attempt that was answered shows no answer. */
function withheldIn(event: EventDetail, isShown: boolean): string {
  if (event.isForgotten) return texts.attempt.erased;
  return isShown ? texts.attempt.leftOut : texts.attempt.hidden;
}

function DeliveryStep({ delivery, event, isShown }: Props & { delivery: Delivery }) {
  const url = delivery.url ?? delivery.attempts.at(-1)?.url;
  const attempts = [...delivery.attempts].sort((a, b) => a.number - b.number);
  const longest = Math.max(...attempts.map((it) => it.durationMs), 1);
  const last = attempts.at(-1)?.number;
  return (
    <li
      className={cx(
        "border-b border-line last:border-b-0 last:[&>details:last-child>div]:rounded-b-[9px]",
        !delivery.isCurrent && "opacity-75",
      )}
      data-delivery={delivery.state}
    >
      <div className="flex items-start gap-2.5 px-4 py-2.5">
        <Send size={16} className="mt-0.5 shrink-0 text-muted" aria-hidden />
        <div className="min-w-0 flex-1">
          <p className="font-mono text-sm break-all">
            {event.appSlug && delivery.url && !delivery.isAside ? (
              <Link
                to="/apps/$slug/destinations/$id"
                params={{ slug: event.appSlug, id: delivery.destinationId }}
                className="text-text no-underline hover:underline"
              >
                <Plain>{delivery.url}</Plain>
              </Link>
            ) : (
              <Plain>{url ?? delivery.destinationId}</Plain>
            )}
          </p>
          <p className="mt-0.5 flex flex-wrap gap-x-3 text-sm text-muted">
            {delivery.trigger === "replay" && <span>{words.replayed}</span>}
            <span>{words.attempts(delivery.attemptCount)}</span>
            {delivery.isAside && <span>{words.aside}</span>}
            {!delivery.isCurrent && <span>{words.replaced}</span>}
            <Next delivery={delivery} />
          </p>
          {delivery.state === "held" && (
            <p className="text-sm text-wait">{words.held[delivery.heldReason ?? ""] ?? words.heldElse}</p>
          )}
        </div>
        <Status of={delivery.state} isBadge className="shrink-0" />
      </div>
      {attempts.map((it) => (
        <Attempt
          key={it.number}
          made={it}
          url={url}
          longest={longest}
          withheld={withheldIn(event, isShown)}
          isOpenAtFirst={it.number === last && delivery.state !== "success"}
        />
      ))}
    </li>
  );
}

function Next({ delivery }: { delivery: Delivery }) {
  if (delivery.state !== "queued" && delivery.state !== "retrying") return null;
  if (!delivery.nextAttemptAt) return <span>{words.nextNow}</span>;
  return (
    <span>
      {words.next} <Time at={delivery.nextAttemptAt} />
    </span>
  );
}
