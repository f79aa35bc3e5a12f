/** Who changed what, and who looked at what. */
import { infiniteQueryOptions, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Lock, ScrollText, SearchX } from "lucide-react";
import { useCallback, useEffect, useMemo, useState } from "react";
import { ask, client, type Schemas } from "@/api/client";
import { accountQuery } from "@/api/queries";
import { buttonClass } from "@/components/Button";
import { usePageTitle } from "@/components/Page";
import { Plain } from "@/components/Plain";
import { Empty } from "@/components/States";
import { type Column, LongTable } from "@/components/Table";
import { Time } from "@/components/Time";
import { useRefusal } from "@/lib/roles";
import { audit as texts } from "@/texts/workspace";
import { Subject } from "./Subject";

type Entry = Schemas["AuditEntry"];
type Filter = { action?: string; subject?: string };

const PAGE_SIZE = 100;

const auditQuery = (filter: Filter) =>
  infiniteQueryOptions({
    queryKey: ["audit", filter],
    queryFn: ({ pageParam, signal }) =>
      ask(
        client.GET("/api/v1/audit", {
          params: { query: { ...filter, limit: PAGE_SIZE, ...(pageParam && { cursor: pageParam }) } },
          signal,
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (page) => page.nextCursor ?? undefined,
  });

export function AuditPage() {
  usePageTitle(texts.title);
  const account = useQuery(accountQuery).data;
  const refusal = useRefusal("manage");
  const { action, subject } = useSearch({ strict: false }) as Filter;
  const filter = { ...(action && { action }), ...(subject && { subject }) };
  return (
    <div className="flex h-full flex-col">
      <header className="grid gap-3 border-b border-line px-4 pt-4 pb-3 sm:px-6">
        <div>
          <h1 className="text-xl font-semibold">{texts.title}</h1>
          <p className="mt-0.5 text-muted">{texts.lead}</p>
        </div>
        {!refusal && <Filters filter={filter} />}
      </header>
      {refusal ? (
        <Empty icon={Lock} title={texts.mayNotTitle}>
          <p>{texts.mayNot(account?.role ?? "")}</p>
        </Empty>
      ) : (
        <Log filter={filter} />
      )}
    </div>
  );
}

const TYPED_FOR_MS = 350;

function Filters({ filter }: { filter: Filter }) {
  const navigate = useNavigate();
  const [typed, setTyped] = useState(filter.subject ?? "");
  const go = (next: Filter) => navigate({ to: "/audit", search: next as Record<string, string>, replace: true });
  useEffect(() => setTyped(filter.subject ?? ""), [filter.subject]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: only typing starts the wait.
  useEffect(() => {
    const wanted = typed.trim();
    if (wanted === (filter.subject ?? "")) return;
    const timer = setTimeout(() => {
      const { subject: _, ...rest } = filter;
      void go(wanted ? { ...rest, subject: wanted } : rest);
    }, TYPED_FOR_MS);
    return () => clearTimeout(timer);
  }, [typed]);
  const choose = (action: string) => {
    const { action: _, ...rest } = filter;
    void go(action ? { ...rest, action } : rest);
  };
  return (
    <div className="flex flex-wrap gap-2">
      <select
        className="field !w-auto max-w-full"
        aria-label={texts.action}
        value={filter.action ?? ""}
        onChange={(event) => choose(event.target.value)}
      >
        <option value="">{texts.anyAction}</option>
        {Object.keys(texts.actions).map((action) => (
          <option key={action} value={action}>
            {action}
          </option>
        ))}
      </select>
      <input
        type="search"
        className="field !w-72 max-w-full font-mono text-sm"
        aria-label={texts.subject}
        placeholder={texts.subjectPlaceholder}
        spellCheck={false}
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
      />
    </div>
  );
}

function Log({ filter }: { filter: Filter }) {
  const query = useInfiniteQuery(auditQuery(filter));
  const rows = useMemo(() => query.data?.pages.flatMap((page) => page.entries) ?? [], [query.data]);
  const { fetchNextPage } = query;
  const loadMore = useCallback(() => void fetchNextPage(), [fetchNextPage]);
  const isFiltered = Object.keys(filter).length > 0;
  return (
    <LongTable
      label={texts.title}
      columns={COLUMNS}
      rows={rows}
      keyOf={keyOf}
      query={query}
      card={cardOf}
      empty={isFiltered ? <NoneFits /> : <NoneYet />}
      hasMore={query.hasNextPage}
      isLoadingMore={query.isFetchingNextPage}
      moreError={query.isFetchNextPageError ? query.error : undefined}
      loadMore={loadMore}
    />
  );
}

const keyOf = (entry: Entry): string => entry.id;

const cardOf = (entry: Entry) => <Card entry={entry} />;

const NoneYet = () => (
  <Empty icon={ScrollText} title={texts.emptyTitle}>
    <p>{texts.empty}</p>
  </Empty>
);

const NoneFits = () => (
  <Empty
    icon={SearchX}
    title={texts.noneTitle}
    action={
      <Link to="/audit" search={{}} className={buttonClass()}>
        {texts.clear}
      </Link>
    }
  >
    <p>{texts.none}</p>
  </Empty>
);

const Who = ({ entry: { actor } }: { entry: Entry }) => {
  if (!actor) return <span className="text-muted">{texts.system}</span>;
  return (
    <>
      {actor.kind === "api_key" && <span className="text-muted">{texts.key} </span>}
      <Plain most={100}>{actor.name ?? actor.id}</Plain>
    </>
  );
};

const What = ({ entry }: { entry: Entry }) => (
  <span title={entry.action}>{texts.actions[entry.action] ?? entry.action}</span>
);

const COLUMNS: Column<Entry>[] = [
  {
    id: "at",
    title: <span className="pl-2 sm:pl-4">{texts.columns.at}</span>,
    width: "8.5rem",
    cell: (entry) => <Time at={entry.at} form="clock" className="pl-2 tabular-nums text-muted sm:pl-4" />,
  },
  { id: "who", title: texts.columns.who, width: "minmax(10rem, 1.2fr)", cell: (entry) => <Who entry={entry} /> },
  { id: "what", title: texts.columns.what, width: "minmax(12rem, 1.6fr)", cell: (entry) => <What entry={entry} /> },
  {
    id: "subject",
    title: texts.columns.subject,
    width: "minmax(14rem, 1.6fr)",
    cell: (entry) => <Subject id={entry.subject} />,
  },
];

const Card = ({ entry }: { entry: Entry }) => (
  <div className="grid grid-cols-[minmax(0,1fr)] gap-0.5">
    <p className="flex items-baseline gap-2">
      <span className="min-w-0 flex-1 truncate">
        <What entry={entry} />
      </span>
      <Time at={entry.at} className="text-sm text-muted" />
    </p>
    <p className="truncate text-sm text-muted">
      <Who entry={entry} /> · <Subject id={entry.subject} />
    </p>
  </div>
);
