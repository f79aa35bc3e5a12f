/** What is known of an event, in a list. */
import { Link } from "@tanstack/react-router";
import type { EventDetail } from "@/api/queries";
import { CopyButton } from "@/components/Copy";
import { Fact, Facts, Panel } from "@/components/Page";
import { Plain } from "@/components/Plain";
import { Standing } from "@/components/Status";
import { Time } from "@/components/Time";
import { bytes } from "@/lib/format";
import { common } from "@/texts/common";
import { event as texts } from "@/texts/event";

const { names, signature } = texts;

export function About({ event }: { event: EventDetail }) {
  return (
    <Panel title={texts.facts}>
      <Facts>
        <Fact name={names.app}>
          {event.appSlug ? (
            <Link to="/apps/$slug" params={{ slug: event.appSlug }} search={{}} className="link">
              {event.appSlug}
            </Link>
          ) : (
            common.none
          )}
        </Fact>
        <Fact name={names.source}>{event.source}</Fact>
        <Fact name={names.received}>
          <Time at={event.receivedAt} />
        </Fact>
        <Fact name={names.signature}>
          <Signature is={event.signatureValid} />
        </Fact>
        {event.providerId && (
          <Fact name={names.providerId}>
            <Copied value={event.providerId} />
          </Fact>
        )}
        <Fact name={names.size}>{bytes(event.bodyBytes)}</Fact>
        <Fact name={names.hash}>
          <Copied value={event.bodyHash} />
        </Fact>
        <Fact name={names.kept}>{event.keepUntil ? <Time at={event.keepUntil} /> : texts.keptForEver}</Fact>
        {event.duplicates > 0 && <Fact name={names.duplicates}>{texts.duplicates(event.duplicates)}</Fact>}
      </Facts>
      {event.isConflicting && <p className="mt-3 rounded-md bg-warn-soft px-3 py-2 text-sm">{texts.conflicting}</p>}
    </Panel>
  );
}

function Signature({ is }: { is: boolean | null | undefined }) {
  if (is === true) return <Standing is="good">{signature.valid}</Standing>;
  if (is === false) return <Standing is="bad">{signature.invalid}</Standing>;
  return <Standing is="off">{signature.unchecked}</Standing>;
}

const Copied = ({ value }: { value: string }) => (
  <span className="flex min-w-0 items-center gap-1">
    <span className="min-w-0 truncate font-mono text-sm">
      <Plain>{value}</Plain>
    </span>
    <CopyButton value={value} className="-my-1 shrink-0" />
  </span>
);
