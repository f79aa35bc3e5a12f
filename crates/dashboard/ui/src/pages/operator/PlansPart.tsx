/** The plans of the installation. */
import { useQuery } from "@tanstack/react-query";
import { type Plan, plansQuery } from "@/api/calls";
import { Panel } from "@/components/Page";
import { type Column, Table } from "@/components/Table";
import { number } from "@/lib/format";
import { common } from "@/texts/common";
import { operator as texts } from "@/texts/settings";
import { tableOf } from "@/texts/workspace";

export function PlansPart() {
  const query = useQuery(plansQuery);
  return (
    <Panel title={texts.tabs.plans} lead={texts.plansLead} isFlush>
      <Table
        label={tableOf(texts.tabs.plans)}
        columns={COLUMNS}
        rows={query.data ?? []}
        keyOf={(plan) => plan.name}
        query={query}
        empty={<p className="p-4 text-muted">{common.notYet}</p>}
      />
    </Panel>
  );
}

const Name = ({ plan }: { plan: Plan }) => (
  <span className="flex items-center gap-2">
    <span className="font-medium">{plan.name}</span>
    {plan.isDefault && <span className="rounded-full bg-accent-soft px-2 text-sm text-accent">{texts.isDefault}</span>}
  </span>
);

const COLUMNS: Column<Plan>[] = [
  { id: "name", title: texts.plan, width: "1fr", cell: (plan) => <Name plan={plan} /> },
  {
    id: "events",
    title: texts.perMonth,
    width: "10rem",
    isRight: true,
    cell: (plan) => (plan.eventsPerMonth == null ? texts.asMany : number(plan.eventsPerMonth)),
  },
  {
    id: "kept",
    title: texts.kept,
    width: "10rem",
    isRight: true,
    cell: (plan) => (plan.keptDays == null ? texts.forEver : texts.days(plan.keptDays)),
  },
];
