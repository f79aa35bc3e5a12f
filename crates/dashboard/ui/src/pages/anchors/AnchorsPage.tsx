/** The chain over each day's events. */
import { infiniteQueryOptions, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useSearch } from "@tanstack/react-router";
import { Anchor as Icon } from "lucide-react";
import { ask, client, type Schemas } from "@/api/client";
import { Button } from "@/components/Button";
import { CopyButton, CopyField } from "@/components/Copy";
import { Page, Panel } from "@/components/Page";
import { Empty } from "@/components/States";
import { type Column, Table } from "@/components/Table";
import { Time } from "@/components/Time";
import { number, shortened } from "@/lib/format";
import { tableOf, anchors as texts } from "@/texts/workspace";
import { DayDialog } from "./DayDialog";

export type Anchor = Schemas["Anchor"];

const anchorsQuery = infiniteQueryOptions({
  queryKey: ["anchors"],
  queryFn: ({ pageParam, signal }) =>
    ask(client.GET("/api/v1/anchors", { params: { query: pageParam ? { cursor: pageParam } : {} }, signal })),
  initialPageParam: "",
  getNextPageParam: (page) => page.nextCursor ?? undefined,
});

export const dayQuery = (day: string) => ({
  queryKey: ["anchors", day],
  queryFn: () => ask(client.GET("/api/v1/anchors", { params: { query: { day } } })).then((it) => it.anchors[0] ?? null),
  staleTime: Number.POSITIVE_INFINITY,
});

export function AnchorsPage() {
  const { day } = useSearch({ strict: false }) as { day?: string };
  const query = useInfiniteQuery(anchorsQuery);
  const rows = query.data?.pages.flatMap((page) => page.anchors) ?? [];
  return (
    <Page title={texts.title} lead={texts.lead}>
      <div className="grid gap-4">
        <How />
        <Panel title={texts.chain} isFlush>
          <Table
            label={tableOf(texts.chain)}
            columns={COLUMNS}
            rows={rows}
            keyOf={(it) => it.day}
            query={query}
            card={(it) => <Card anchor={it} />}
            empty={
              <Empty icon={Icon} title={texts.emptyTitle}>
                <p>{texts.empty}</p>
              </Empty>
            }
          />
          {query.hasNextPage && (
            <div className="grid place-items-center border-t border-line p-3">
              <Button size="sm" isBusy={query.isFetchingNextPage} onClick={() => query.fetchNextPage()}>
                {texts.more}
              </Button>
            </div>
          )}
        </Panel>
      </div>
      {day && <DayDialog day={day} />}
    </Page>
  );
}

const How = () => (
  <Panel title={texts.how}>
    <div className="grid gap-4">
      <ol className="grid list-decimal gap-1.5 pl-5 text-pretty marker:text-muted">
        {texts.steps.map((step) => (
          <li key={step}>{step}</li>
        ))}
      </ol>
      <CopyField value={`anyhook anchors verify --url ${location.origin}`} label={texts.command} isWrapped />
    </div>
  </Panel>
);

const Day = ({ anchor }: { anchor: Anchor }) => (
  <Link
    to="/anchors"
    search={{ day: anchor.day }}
    aria-label={texts.openDay(anchor.day)}
    className="font-medium whitespace-nowrap tabular-nums after:absolute after:inset-0 hover:underline"
  >
    {anchor.day}
  </Link>
);

const Hash = ({ anchor }: { anchor: Anchor }) => (
  <span className="relative z-10 flex w-fit items-center gap-1">
    <code className="text-sm text-muted">{shortened(anchor.anchor, 22)}</code>
    <CopyButton value={anchor.anchor} label={texts.copyAnchor(anchor.day)} />
  </span>
);

const COLUMNS: Column<Anchor>[] = [
  { id: "day", title: texts.columns.day, width: "8rem", cell: (it) => <Day anchor={it} /> },
  { id: "anchor", title: texts.columns.anchor, width: "1fr", cell: (it) => <Hash anchor={it} /> },
  { id: "events", title: texts.columns.events, width: "7rem", isRight: true, cell: (it) => number(it.event_count) },
  { id: "apps", title: texts.columns.apps, width: "6rem", isRight: true, cell: (it) => number(it.app_count) },
  { id: "sealed", title: texts.columns.sealed, width: "8rem", cell: (it) => <Time at={it.sealed_at} /> },
];

const Card = ({ anchor }: { anchor: Anchor }) => (
  <div className="grid gap-0.5">
    <p className="flex justify-between gap-3">
      <Day anchor={anchor} />
      <span className="text-sm text-muted tabular-nums">
        {number(anchor.event_count)} {texts.columns.events.toLowerCase()}
      </span>
    </p>
    <Hash anchor={anchor} />
  </div>
);

export const useDay = (day: string) => useQuery(dayQuery(day));
