/** What is used of the plan. */
import { useQuery } from "@tanstack/react-query";
import { type Plan, plansQuery } from "@/api/calls";
import type { Schemas } from "@/api/client";
import { usageQuery } from "@/api/queries";
import { Notice } from "@/components/Notice";
import { Page, Panel } from "@/components/Page";
import { Loaded, Skeleton } from "@/components/States";
import { type Column, Table } from "@/components/Table";
import { Time, useNow } from "@/components/Time";
import { cx } from "@/lib/cx";
import { compact, number } from "@/lib/format";
import { tableOf, usage as texts } from "@/texts/workspace";
import { barOf, isNear, monthName, months, projected } from "./arithmetic";

type Usage = Schemas["Usage"];

export function UsagePage() {
  const query = useQuery(usageQuery);
  return (
    <Page title={texts.title} lead={texts.lead}>
      <Loaded query={query} skeleton={<Skeleton lines={8} />}>
        {(usage) => (
          <div className="grid gap-4">
            <Standing usage={usage} />
            <Present usage={usage} />
            <History usage={usage} />
            <Plans present={usage.plan} />
          </div>
        )}
      </Loaded>
    </Page>
  );
}

function Standing({ usage }: { usage: Usage }) {
  if (usage.standing === "exhausted") {
    return (
      <Notice tone="bad" title={texts.exhausted}>
        {texts.standing["exhausted"]}
      </Notice>
    );
  }
  if (usage.standing === "over") {
    return (
      <Notice tone="warn" title={texts.over}>
        {texts.standing["over"]}
      </Notice>
    );
  }
  if (isNear({ events: usage.events, limit: usage.limit ?? null })) return <Notice tone="warn">{texts.near}</Notice>;
  return null;
}

function Present({ usage }: { usage: Usage }) {
  const now = useNow();
  const limit = usage.limit ?? null;
  const guess = projected(usage.events, usage.month, now);
  return (
    <Panel title={`${texts.month} · ${monthName(usage.month)}`}>
      <div className="grid gap-4">
        <p className="flex flex-wrap items-baseline gap-x-2">
          <span className="text-2xl font-semibold tabular-nums">{number(usage.events)}</span>
          <span className="text-muted">{limit === null ? texts.unlimited : texts.of(number(limit))}</span>
        </p>
        {limit !== null && <Bar events={usage.events} limit={limit} />}
        {guess !== null && (
          <p className="text-sm text-muted">
            {limit !== null && guess > limit ? texts.projectedOver(number(guess)) : texts.projected(number(guess))}
          </p>
        )}
        <dl className="grid gap-3 sm:grid-cols-3">
          <Fact name={texts.plan}>
            <span className="capitalize">{usage.plan}</span>
          </Fact>
          <Fact name={texts.resets}>
            <Time at={usage.resetsAt} />
          </Fact>
          <Fact name={texts.kept}>{usage.keptDays ? texts.days(usage.keptDays) : texts.forEver}</Fact>
        </dl>
      </div>
    </Panel>
  );
}

const Fact = ({ name, children }: { name: string; children: React.ReactNode }) => (
  <div>
    <dt className="text-sm text-muted first-letter:uppercase">{name}</dt>
    <dd className="font-medium">{children}</dd>
  </div>
);

function Bar({ events, limit }: { events: number; limit: number }) {
  const { filled, limitAt } = barOf({ events, limit });
  const isOver = events > limit;
  const colour = events >= limit * 2 ? "bg-bad" : isOver || isNear({ events, limit }) ? "bg-warn" : "bg-accent";
  return (
    <div className="grid gap-1">
      <div
        role="meter"
        aria-label={texts.bar(number(events), number(limit))}
        aria-valuemin={0}
        aria-valuemax={isOver ? limit * 2 : limit}
        aria-valuenow={Math.min(events, limit * 2)}
        className="relative h-3 overflow-hidden rounded-full bg-sunken ring-1 ring-line ring-inset"
      >
        <span className={cx("absolute inset-y-0 left-0 rounded-full", colour)} style={{ width: `${filled * 100}%` }} />
        {isOver && (
          <span aria-hidden className="absolute inset-y-0 w-0.5 bg-text" style={{ left: `${limitAt * 100}%` }} />
        )}
      </div>
      {isOver && (
        <p aria-hidden className="relative flex justify-between text-xs text-muted">
          <span>0</span>
          <span>
            {compact(limit)}: {texts.held}
          </span>
          <span>
            {compact(limit * 2)}: {texts.refused}
          </span>
        </p>
      )}
    </div>
  );
}

function History({ usage }: { usage: Usage }) {
  const rows = months(usage.history, usage.month);
  const most = Math.max(...rows.map(([, events]) => events), 1);
  const limit = usage.limit ?? null;
  if (usage.history.length === 0) {
    return (
      <Panel title={texts.history}>
        <p className="text-muted">{texts.historyNone}</p>
      </Panel>
    );
  }
  return (
    <Panel title={texts.history}>
      <table className="w-full">
        <caption className="sr-only">{texts.history}</caption>
        <thead className="sr-only">
          <tr>
            <th scope="col">{texts.monthColumn}</th>
            <th scope="col">{texts.eventsColumn}</th>
          </tr>
        </thead>
        <tbody className="flex h-44 items-stretch gap-1.5 sm:gap-3">
          {rows.map(([month, events]) => (
            <tr key={month} className="flex min-w-0 flex-1 flex-col-reverse gap-1 text-center">
              <th scope="row" className="text-xs font-normal text-muted">
                <abbr title={monthName(month)} className="no-underline">
                  {monthName(month, true)}
                </abbr>
              </th>
              <td className="flex min-h-0 flex-1 flex-col justify-end gap-1 text-xs tabular-nums">
                <span className={events === 0 ? "text-faint max-sm:sr-only" : ""}>{compact(events)}</span>
                <span
                  aria-hidden
                  className={cx("min-h-px rounded-t-sm", colourOf(events, limit))}
                  style={{ height: `${(events / most) * 100}%` }}
                />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}

function colourOf(events: number, limit: number | null): string {
  if (events === 0) return "bg-line";
  return limit !== null && events > limit ? "bg-warn" : "bg-accent";
}

function Plans({ present }: { present: string }) {
  const query = useQuery(plansQuery);
  if (!query.data) return null;
  return (
    <Panel title={texts.plans} lead={texts.plansLead} isFlush>
      <Table
        label={tableOf(texts.plans)}
        columns={columns(present)}
        rows={query.data}
        keyOf={(plan) => plan.name}
        query={query}
        empty={null}
      />
    </Panel>
  );
}

const columns = (present: string): Column<Plan>[] => [
  {
    id: "name",
    title: texts.plan,
    width: "1fr",
    cell: (plan) => (
      <span className="flex items-center gap-2">
        <span className="font-medium capitalize">{plan.name}</span>
        {plan.name === present && (
          <span className="rounded-full bg-accent-soft px-2 text-sm text-accent">{texts.present}</span>
        )}
      </span>
    ),
  },
  {
    id: "events",
    title: texts.perMonth,
    width: "10rem",
    isRight: true,
    cell: (plan) => (plan.eventsPerMonth == null ? texts.asMany : number(plan.eventsPerMonth)),
  },
  {
    id: "kept",
    title: texts.keptColumn,
    width: "10rem",
    isRight: true,
    cell: (plan) => (plan.keptDays == null ? texts.forEver : texts.days(plan.keptDays)),
  },
];
