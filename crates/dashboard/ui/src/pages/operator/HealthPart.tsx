/** How the whole installation is. */
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { type InstallationHealth, installationHealthQuery, type Tally } from "@/api/calls";
import { Notice } from "@/components/Notice";
import { Fact, Facts, Panel } from "@/components/Page";
import { Loaded, Skeleton } from "@/components/States";
import { Standing } from "@/components/Status";
import { Time } from "@/components/Time";
import { number } from "@/lib/format";
import { operator } from "@/texts/settings";

const texts = operator.health;
/** Later than that, deliveries do not keep up. */
const LATE_MS = 60_000;

export function HealthPart() {
  const query = useQuery(installationHealthQuery);
  return (
    <Loaded query={query} skeleton={<Skeleton lines={6} />}>
      {(health) => (
        <div className="grid gap-4">
          <Notice tone={health.isWell ? "good" : "bad"} title={health.isWell ? texts.well : texts.unwell}>
            <p className="text-sm">
              {texts.checked} <Time at={health.checkedAt} />
            </p>
          </Notice>
          {isLate(health) && <Notice tone="warn">{texts.late}</Notice>}
          <div className="grid items-start gap-4 md:grid-cols-2">
            <Services health={health} />
            <Work health={health} />
          </div>
        </div>
      )}
    </Loaded>
  );
}

const isLate = ({ work, checkedAt }: InstallationHealth): boolean =>
  Boolean(work?.oldestDueAt) && Date.parse(checkedAt) - Date.parse(work?.oldestDueAt ?? "") > LATE_MS;

const Services = ({ health }: { health: InstallationHealth }) => (
  <Panel title={texts.services} isFlush>
    <ul className="divide-y divide-line">
      {health.services.map(({ name, isReady, version }) => (
        <li key={name} className="flex items-center justify-between gap-3 px-4 py-2.5">
          <span>
            {texts.names[name] ?? name}
            {version && <span className="ml-2 text-sm text-muted">{version}</span>}
          </span>
          <Standing is={isReady ? "good" : "bad"}>{isReady ? texts.ready : texts.away}</Standing>
        </li>
      ))}
    </ul>
  </Panel>
);

const shown = ({ count, isExact }: Tally): ReactNode => (
  <span className="tabular-nums">{isExact ? number(count) : texts.atLeast(number(count))}</span>
);

const Work = ({ health: { work, tenants } }: { health: InstallationHealth }) => (
  <Panel title={texts.work}>
    {work ? (
      <Facts>
        <Fact name={texts.events}>{shown(work.eventsLastHour)}</Fact>
        <Fact name={texts.waiting}>{shown(work.deliveriesWaiting)}</Fact>
        <Fact name={texts.due}>{shown(work.deliveriesDue)}</Fact>
        <Fact name={texts.oldest}>{work.oldestDueAt ? <Time at={work.oldestDueAt} /> : texts.none}</Fact>
        <Fact name={texts.held}>{shown(work.deliveriesHeld)}</Fact>
        {tenants && (
          <Fact name={texts.tenants}>
            {number(tenants.total)}, {number(tenants.unclaimed)} {texts.unclaimed}
          </Fact>
        )}
      </Facts>
    ) : (
      <p className="text-muted">{texts.unknown}</p>
    )}
  </Panel>
);
