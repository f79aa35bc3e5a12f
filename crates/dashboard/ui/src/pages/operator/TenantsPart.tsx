/** All workspaces, found by name, put on other plans. */
import { keepPreviousData, useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { Building2, SearchX } from "lucide-react";
import { useDeferredValue, useState } from "react";
import { type OperatedTenant, operatedTenants, type Plan, plansQuery, setPlan } from "@/api/calls";
import { Button } from "@/components/Button";
import { Confirm } from "@/components/Dialog";
import { Panel } from "@/components/Page";
import { Plain } from "@/components/Plain";
import { Empty } from "@/components/States";
import { type Column, Table } from "@/components/Table";
import { Time } from "@/components/Time";
import { toast } from "@/components/toasts";
import { compact, number } from "@/lib/format";
import { operator as texts } from "@/texts/settings";
import { anchors } from "@/texts/workspace";

interface Change {
  tenant: OperatedTenant;
  plan: string;
}

export function TenantsPart() {
  const [typed, setTyped] = useState("");
  const [plan, setPlanFilter] = useState("");
  const [change, setChange] = useState<Change | null>(null);
  const q = useDeferredValue(typed.trim());
  const plans = useQuery(plansQuery).data ?? [];
  const query = useInfiniteQuery({
    queryKey: ["operator", "tenants", q, plan],
    queryFn: ({ pageParam }) => operatedTenants({ q, plan, cursor: pageParam }),
    initialPageParam: "",
    getNextPageParam: (page) => page.nextCursor,
    placeholderData: keepPreviousData,
  });
  const rows = query.data?.pages.flatMap((page) => page.tenants) ?? [];
  const choose = (tenant: OperatedTenant) => (
    <PlanSelect tenant={tenant} plans={plans} onChoose={(wanted) => setChange({ tenant, plan: wanted })} />
  );
  return (
    <div className="grid gap-3">
      <div className="flex flex-wrap gap-2">
        <input
          type="search"
          className="field !w-72 max-w-full"
          aria-label={texts.search}
          placeholder={texts.search}
          maxLength={100}
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
        />
        <select
          className="field !w-auto"
          aria-label={texts.planFilter}
          value={plan}
          onChange={(event) => setPlanFilter(event.target.value)}
        >
          <option value="">{texts.anyPlan}</option>
          {plans.map((it) => (
            <option key={it.name}>{it.name}</option>
          ))}
        </select>
      </div>
      <Panel isFlush>
        <Table
          label={texts.tabs.tenants}
          columns={columns(choose)}
          rows={rows}
          keyOf={(it) => it.id}
          query={query}
          card={(it) => <Card tenant={it}>{choose(it)}</Card>}
          empty={
            q || plan ? (
              <Empty icon={SearchX} title={texts.noneTitle}>
                <p>{texts.none}</p>
              </Empty>
            ) : (
              <Empty icon={Building2} title={texts.emptyTitle}>
                <p>{texts.empty}</p>
              </Empty>
            )
          }
        />
        {query.hasNextPage && (
          <div className="grid place-items-center border-t border-line p-3">
            <Button size="sm" isBusy={query.isFetchingNextPage} onClick={() => query.fetchNextPage()}>
              {anchors.more}
            </Button>
          </div>
        )}
      </Panel>
      <Changing change={change} onClose={() => setChange(null)} />
    </div>
  );
}

interface SelectProps {
  tenant: OperatedTenant;
  plans: Plan[];
  onChoose(plan: string): void;
}

const PlanSelect = ({ tenant, plans, onChoose }: SelectProps) => (
  <select
    className="field !w-auto !min-h-8 !py-0.5"
    aria-label={texts.planOf(tenant.name)}
    value={tenant.plan}
    onChange={(event) => onChoose(event.target.value)}
  >
    {[...new Set([tenant.plan, ...plans.map((it) => it.name)])].map((name) => (
      <option key={name}>{name}</option>
    ))}
  </select>
);

const Name = ({ tenant }: { tenant: OperatedTenant }) => (
  <div className="min-w-0">
    <Plain className="font-medium" most={100}>
      {tenant.name}
    </Plain>
    <p className="text-sm text-muted">
      <code>{tenant.slug}</code>
      {tenant.expiresAt && (
        <span className="text-warn">
          {" "}
          · {texts.unclaimed} <Time at={tenant.expiresAt} />
        </span>
      )}
    </p>
  </div>
);

function Used({ tenant: { eventsThisMonth, eventsPerMonth } }: { tenant: OperatedTenant }) {
  const isOver = eventsPerMonth != null && eventsThisMonth > eventsPerMonth;
  return (
    <span className={isOver ? "text-warn" : ""}>
      {number(eventsThisMonth)}
      {eventsPerMonth != null && (
        <span className="text-muted">
          {" "}
          {texts.of} {compact(eventsPerMonth)}
        </span>
      )}
    </span>
  );
}

const columns = (choose: (tenant: OperatedTenant) => React.ReactNode): Column<OperatedTenant>[] => [
  { id: "name", title: texts.columns.name, width: "1fr", cell: (it) => <Name tenant={it} /> },
  { id: "plan", title: texts.columns.plan, width: "9rem", cell: choose },
  { id: "used", title: texts.columns.used, width: "9rem", isRight: true, cell: (it) => <Used tenant={it} /> },
  { id: "apps", title: texts.columns.apps, width: "6rem", isRight: true, cell: (it) => number(it.apps) },
  { id: "members", title: texts.columns.members, width: "6rem", isRight: true, cell: (it) => number(it.members) },
  { id: "made", title: texts.columns.made, width: "8rem", cell: (it) => <Time at={it.createdAt} /> },
];

const Card = ({ tenant, children }: { tenant: OperatedTenant; children: React.ReactNode }) => (
  <div className="grid gap-2">
    <Name tenant={tenant} />
    <div className="flex items-center justify-between gap-3 text-sm">
      <span>
        <span className="text-muted">{texts.columns.used}:</span> <Used tenant={tenant} />
      </span>
      {children}
    </div>
  </div>
);

function Changing({ change, onClose }: { change: Change | null; onClose(): void }) {
  const queries = useQueryClient();
  if (!change) return null;
  const { tenant, plan } = change;
  const run = async () => {
    await setPlan(tenant.id, plan);
    toast({ tone: "good", text: texts.changed(tenant.name, plan) });
    await queries.invalidateQueries({ queryKey: ["operator", "tenants"] });
    await queries.invalidateQueries({ queryKey: ["usage"] });
  };
  return (
    <Confirm
      title={texts.changeTitle(tenant.name, plan)}
      action={texts.changeAction}
      isOpen
      onClose={onClose}
      onConfirm={run}
    >
      {texts.change}
    </Confirm>
  );
}
