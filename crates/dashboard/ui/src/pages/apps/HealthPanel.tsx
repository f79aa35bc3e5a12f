/** How an app has fared in the last day. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { type Figures, type FullApp, figuresQuery } from "@/api/calls";
import { Bars } from "@/components/Bars";
import { Panel } from "@/components/Page";
import { Loaded, Skeleton } from "@/components/States";
import { Time } from "@/components/Time";
import { compact, number } from "@/lib/format";
import { app as texts } from "@/texts/app";
import { type Totals, totalsOf } from "./Health";

const { health } = texts;

export function HealthPanel({ app }: { app: FullApp }) {
  const query = useQuery(figuresQuery({ app_slug: app.slug }));
  return (
    <Panel title={health.title}>
      <Loaded query={query} skeleton={<Skeleton lines={3} />}>
        {(figures) => <Shown app={app} figures={figures} />}
      </Loaded>
    </Panel>
  );
}

function Shown({ app, figures }: { app: FullApp; figures: Figures }) {
  const totals = totalsOf(figures);
  const { waiting, held, oldestAt } = figures.backlog;
  return (
    <div className="grid gap-3">
      {totals.received === 0 ? (
        <p className="text-muted">{health.none}</p>
      ) : (
        <Bars
          label={health.label}
          bars={figures.points.map((it) => ({ good: it.delivered, wait: it.waiting, bad: it.failed + it.rejected }))}
          className="h-16 w-full"
        />
      )}
      <Numbers slug={app.slug} totals={totals} />
      {waiting > 0 && oldestAt && (
        <p className="text-sm text-warn">
          {health.backlog(number(waiting))} <Time at={oldestAt} />
        </p>
      )}
      {held > 0 && <p className="text-sm text-wait">{health.held(number(held))}</p>}
      {figures.isPartial && <p className="text-sm text-muted">{health.partial}</p>}
    </div>
  );
}

const Numbers = ({ slug, totals }: { slug: string; totals: Totals }) => (
  <dl className="grid grid-cols-3 gap-x-3 gap-y-2">
    <Count name={health.received} count={totals.received} to={{ app_slug: slug, since: "24h" }} />
    <Count
      name={health.delivered}
      count={totals.delivered}
      to={{ app_slug: slug, since: "24h", status: "success" }}
      colour={totals.delivered > 0 ? "text-good" : undefined}
    />
    <Count
      name={health.failed}
      count={totals.failed}
      to={{ app_slug: slug, since: "24h", status: "failed" }}
      colour={totals.failed > 0 ? "text-bad" : undefined}
    />
    <Count name={health.waiting} count={totals.waiting} />
    <Count
      name={health.rejected}
      count={totals.rejected}
      to={{ app_slug: slug, since: "24h", status: "rejected" }}
      colour={totals.rejected > 0 ? "text-bad" : undefined}
    />
  </dl>
);

interface CountProps {
  name: string;
  count: number;
  to?: Record<string, string>;
  colour?: string | undefined;
}

function Count({ name, count, to, colour = "" }: CountProps) {
  const shown: ReactNode = <span className={`text-lg font-semibold tabular-nums ${colour}`}>{compact(count)}</span>;
  return (
    <div>
      <dt className="text-sm text-muted">{name}</dt>
      <dd>
        {to && count > 0 ? (
          <Link to="/events" search={to} className="hover:underline">
            {shown}
          </Link>
        ) : (
          shown
        )}
      </dd>
    </div>
  );
}
