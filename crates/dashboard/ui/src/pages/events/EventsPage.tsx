/** The log: every event, live, filtered by what stands in the address. */
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Activity, RotateCcw, SearchX, X } from "lucide-react";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { type Event, eventsQuery } from "@/api/queries";
import { Button, buttonClass, IconButton } from "@/components/Button";
import { Kbd, usePageTitle } from "@/components/Page";
import { Empty } from "@/components/States";
import { LongTable, type TableHandle } from "@/components/Table";
import { type EventSearch, isFiltered, queryOf, stringifySearch } from "@/lib/filters";
import { useRefusal } from "@/lib/roles";
import { useShortcuts } from "@/lib/shortcuts";
import { common, plural } from "@/texts/common";
import { events, replay } from "@/texts/events";
import { ReplayMatching, ReplaySelected, RunningReplays } from "./BulkReplay";
import { columnsOf, EventCard } from "./columns";
import { FilterBar } from "./FilterBar";
import { lastSearch } from "./lastSearch";
import { ReplayDialog } from "./ReplayDialog";
import { useSelection } from "./useSelection";
import { MoreActions, Views } from "./Views";

const cardOf = (event: Event) => <EventCard event={event} />;
const FRESH_MS = 4_000;
const keyOf = (event: Event): string => event.id;
/** What has just arrived is lit for a moment. */
const rowClass = (event: Event): string | undefined =>
  Date.now() - Date.parse(event.receivedAt) < FRESH_MS ? "animate-[arrive_2.5s_ease-out]" : undefined;

export function EventsPage() {
  usePageTitle(events.title);
  const search = useSearch({ strict: false }) as EventSearch;
  const written = stringifySearch(search);
  // A moving time stands still while the page shows it, so that the list keeps its name.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the filter is what is written in the address.
  const filter = useMemo(() => queryOf(search, Date.now()), [written]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the same.
  useEffect(() => lastSearch.set(search), [written]);
  return <Log key={written} search={search} filter={filter} />;
}

/** A page of the log that holds nothing was looked for in 5,000 events. */
const MOST_EMPTY_PAGES = 20;

/** Whether so long a stretch had nothing in it that the reader is to say whether to go on. */
function isFarOff(pages: { events: Event[] }[]): boolean {
  const nEmpty = pages.length - 1 - pages.findLastIndex((page) => page.events.length > 0);
  return nEmpty > 0 && nEmpty % MOST_EMPTY_PAGES === 0;
}

function Log({ search, filter }: { search: EventSearch; filter: ReturnType<typeof queryOf> }) {
  const navigate = useNavigate();
  const query = useInfiniteQuery(eventsQuery(filter));
  const rows = useMemo(() => query.data?.pages.flatMap((page) => page.events) ?? [], [query.data]);
  const selection = useSelection(rows);
  const [replaying, setReplaying] = useState<Event | null>(null);
  const [bulk, setBulk] = useState<"selected" | "matching" | null>(null);
  const input = useRef<HTMLInputElement>(null);
  const handle = useRef<TableHandle>(null);
  const refusal = useRefusal("replay");
  const { selected, toggle } = selection;
  const columns = useMemo(
    () =>
      columnsOf({
        isSelected: (id) => selected.has(id),
        toggle,
        all: selection.all,
        toggleAll: selection.toggleAll,
      }),
    [selected, toggle, selection.all, selection.toggleAll],
  );
  const { fetchNextPage } = query;
  const loadMore = useCallback(() => void fetchNextPage(), [fetchNextPage]);
  const focused = () => rows[handle.current?.focused() ?? -1];
  useShortcuts({
    j: () => handle.current?.move(1),
    k: () => handle.current?.move(-1),
    ArrowDown: () => handle.current?.move(1),
    ArrowUp: () => handle.current?.move(-1),
    "/": () => input.current?.select(),
    x: () => {
      const row = focused();
      if (row) toggle(row.id, false);
    },
    r: () => {
      if (refusal) return;
      if (selected.size > 0) setBulk("selected");
      else setReplaying(focused() ?? null);
    },
    Escape: () => selection.clear(),
  });
  const open = (id: string) => navigate({ to: "/events/$id", params: { id }, search: {} });
  return (
    <div className="flex h-full flex-col">
      <header className="grid gap-3 border-b border-line px-4 pt-4 pb-3 sm:px-6">
        <div className="flex items-baseline gap-3">
          <h1 className="text-xl font-semibold">{events.title}</h1>
          {rows.length > 0 && (
            <p className="text-sm text-muted tabular-nums">{events.loaded(rows.length, !query.hasNextPage)}</p>
          )}
          <p className="ml-auto hidden text-xs text-faint xl:block">{events.shortcuts}</p>
        </div>
        <FilterBar
          search={search}
          onChange={(next) => navigate({ to: "/events", search: next })}
          onEvent={open}
          input={input}
        >
          <Views search={search} />
          <MoreActions filter={filter} refusal={refusal} onReplayMatching={() => setBulk("matching")} />
        </FilterBar>
      </header>
      <RunningReplays />
      <LongTable
        label={events.title}
        columns={columns}
        rows={rows}
        keyOf={keyOf}
        rowClass={rowClass}
        query={query}
        card={cardOf}
        empty={isFiltered(search) ? <NoneFits /> : <NoneYet />}
        hasMore={query.hasNextPage}
        isLoadingMore={query.isFetchingNextPage}
        moreError={query.isFetchNextPageError ? query.error : undefined}
        loadMore={loadMore}
        pause={isFarOff(query.data?.pages ?? []) ? events.noMoreSoFar : undefined}
        handle={handle}
      />
      {selected.size > 0 && (
        <SelectionBar
          count={selected.size}
          refusal={refusal}
          onReplay={() => setBulk("selected")}
          onClear={selection.clear}
        />
      )}
      <ReplayDialog event={replaying} onClose={() => setReplaying(null)} onWatch={open} />
      <ReplaySelected
        ids={bulk === "selected" ? [...selected] : null}
        onClose={() => setBulk(null)}
        onDone={() => {
          setBulk(null);
          selection.clear();
        }}
      />
      <ReplayMatching filter={bulk === "matching" ? filter : null} onClose={() => setBulk(null)} />
    </div>
  );
}

interface BarProps {
  count: number;
  refusal: string | undefined;
  onReplay(): void;
  onClear(): void;
}

const SelectionBar = ({ count, refusal, onReplay, onClear }: BarProps) => (
  <section
    aria-label={common.more}
    className="floats absolute bottom-4 left-1/2 z-30 flex -translate-x-1/2 items-center gap-2 rounded-xl border border-line bg-raised py-1.5 pr-1.5 pl-4 shadow-float"
  >
    <p role="status" className="mr-2 font-medium whitespace-nowrap">
      {plural(count, "event", "events")}
    </p>
    <Button tone="primary" size="sm" icon={RotateCcw} refusal={refusal} onClick={onReplay} hint={<Kbd>r</Kbd>}>
      {replay.action}
    </Button>
    <IconButton icon={X} label={events.clear} size="sm" onClick={onClear} />
  </section>
);

const NoneYet = () => (
  <Empty
    icon={Activity}
    title={events.emptyTitle}
    action={
      <Link to="/welcome" search={{}} className={buttonClass("primary")}>
        {events.emptyAction}
      </Link>
    }
  >
    <p>{events.empty}</p>
  </Empty>
);

const NoneFits = () => (
  <Empty
    icon={SearchX}
    title={events.noneTitle}
    action={
      <Link to="/events" search={{}} className={buttonClass()}>
        {events.clear}
      </Link>
    }
  >
    <p>{events.none}</p>
  </Empty>
);
