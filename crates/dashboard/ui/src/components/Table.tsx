/** Tables in their four states. `LongTable` draws only the rows in view, so that it may have 100,000 of them. */
import { ArrowUp } from "lucide-react";
import { memo, type ReactNode, type RefObject, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { cx } from "@/lib/cx";
import { usePhone } from "@/lib/useMedia";
import { useRowsInView } from "@/lib/useRowsInView";
import { common, plural } from "@/texts/common";
import { Button } from "./Button";
import { Failure } from "./States";

export interface Column<Row> {
  id: string;
  title: ReactNode;
  /** A track of a CSS grid: `8rem`, `minmax(10rem, 1fr)`. */
  width: string;
  cell(row: Row): ReactNode;
  isRight?: boolean;
  /** Of its cells. */
  className?: string;
}

interface Query {
  isPending: boolean;
  error: unknown;
  isFetching: boolean;
  refetch(): unknown;
}

interface Props<Row> {
  label: string;
  columns: Column<Row>[];
  rows: Row[];
  keyOf(row: Row): string;
  empty: ReactNode;
  query?: Query;
  /** What a row is on a phone, in place of its columns. */
  card?(row: Row): ReactNode;
}

/** What is shown in place of rows, if there are none. */
function insteadOf<Row>({ rows, query, empty }: Pick<Props<Row>, "rows" | "query" | "empty">): ReactNode {
  if (rows.length > 0) return null;
  if (query?.error) {
    return <Failure error={query.error} onRetry={() => query.refetch()} isRetrying={query.isFetching} />;
  }
  return query?.isPending ? <GreyRows /> : empty;
}

const GREY = ["w-1/3", "w-2/3", "w-1/2", "w-3/5", "w-2/5", "w-3/4", "w-1/2", "w-1/3"];

const GreyRows = ({ label = common.loading }: { label?: string }) => (
  <div role="status" aria-label={label} className="grid">
    {label !== common.loading && <p className="border-b border-line px-4 py-2.5 text-sm text-muted">{label}</p>}
    {GREY.map((width, at) => (
      // biome-ignore lint/suspicious/noArrayIndexKey: all rows are alike.
      <div key={at} className="flex h-10 items-center gap-4 border-b border-line px-4">
        <span className="skeleton h-3.5 w-16" />
        <span className={cx("skeleton h-3.5", width)} />
      </div>
    ))}
  </div>
);

/** A table of some dozens of rows, as tall as they are. */
export function Table<Row>({ label, columns, rows, keyOf, empty, query, card }: Props<Row>) {
  const isPhone = usePhone();
  const instead = insteadOf({ rows, query, empty });
  if (instead) return instead;
  if (isPhone && card) {
    return (
      <ul aria-label={label} className="divide-y divide-line">
        {rows.map((row) => (
          <li key={keyOf(row)} className="relative px-4 py-3">
            {card(row)}
          </li>
        ))}
      </ul>
    );
  }
  return (
    // What scrolls must be reachable by keyboard.
    <div role="group" className="overflow-x-auto" tabIndex={0} aria-label={label}>
      <table className="w-full border-collapse text-left">
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.id} scope="col" className={cx(HEAD, "h-9 px-4", column.isRight && "text-right")}>
                {column.title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)} className="relative border-t border-line hover:bg-hover/60">
              {columns.map((column) => (
                <td
                  key={column.id}
                  className={cx(
                    "px-4 py-2.5 align-middle",
                    column.isRight && "text-right whitespace-nowrap tabular-nums",
                    column.className,
                  )}
                >
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const HEAD = "text-xs font-medium text-muted whitespace-nowrap";
const ROW_PX = 37;
const CARD_PX = 68;
/** The titles of the columns, which stay above the rows. */
const HEAD_PX = 36;
/** How near the last row of those that are loaded may come before more are. */
const SOON = 30;

interface LongProps<Row> extends Props<Row> {
  hasMore: boolean;
  isLoadingMore: boolean;
  loadMore(): void;
  /** The last pages could not be had. */
  moreError?: unknown;
  /** In place of loading more by itself: what is said where a long stretch had nothing in it. */
  pause?: string | undefined;
  rowClass?(row: Row): string | undefined;
  /** Filled in with a way to move the focus. */
  handle?: RefObject<TableHandle | null>;
}

export interface TableHandle {
  /** Moves the focus to the row's link; from nowhere, to the first row in view. */
  move(by: number): void;
  /** The row that has the focus. */
  focused(): number;
}

/** Fills its parent, which has a height. Each row holds one `<a data-row>`, which is what j and k move between. */
export function LongTable<Row>(props: LongProps<Row>) {
  const { label, columns, rows, keyOf, card, rowClass, hasMore, isLoadingMore, loadMore, moreError, pause } = props;
  const isPhone = usePhone();
  const isCards = isPhone && card !== undefined;
  const scroller = useRef<HTMLDivElement>(null);
  const size = isCards ? CARD_PX : ROW_PX;
  const tracks = useMemo(() => columns.map((column) => column.width).join(" "), [columns]);
  const above = useStayingPut(scroller, rows, keyOf, size);
  const [{ from, to }, look] = useRowsInView(scroller, rows.length, size);
  const isWanted = hasMore && !isLoadingMore && !moreError && !pause && to >= rows.length - SOON;
  useEffect(() => {
    if (isWanted) loadMore();
  }, [isWanted, loadMore]);
  useHandle(props.handle, scroller, { count: rows.length, size, head: isCards ? 0 : HEAD_PX, look });
  if (rows.length === 0) {
    const isGoingOn = hasMore && !props.query?.error;
    return (
      <div className="min-h-0 flex-1 overflow-y-auto">{isGoingOn ? <GoingOn {...props} /> : insteadOf(props)}</div>
    );
  }
  return (
    <div className="relative flex min-h-0 flex-1 flex-col">
      {above.count > 0 && (
        <Button
          size="sm"
          icon={ArrowUp}
          tone="primary"
          className="absolute top-11 left-1/2 z-20 -translate-x-1/2 rounded-full"
          onClick={above.show}
        >
          {plural(above.count, "new", "new")}
        </Button>
      )}
      <div
        ref={scroller}
        role="table"
        aria-label={label}
        aria-rowcount={hasMore ? -1 : rows.length + 1}
        className="min-h-0 flex-1 overflow-auto overscroll-contain"
        data-scroller
      >
        <div className={isCards ? "" : "min-w-max md:min-w-full"}>
          <div role="rowgroup" className={cx("sticky top-0 z-10 bg-ground", isCards && "sr-only")}>
            <div
              role="row"
              aria-rowindex={1}
              className="grid items-center border-b border-line px-2 sm:px-4"
              style={{ height: HEAD_PX, gridTemplateColumns: tracks }}
            >
              {columns.map((column) => (
                <div key={column.id} role="columnheader" className={cx(HEAD, "px-2", column.isRight && "text-right")}>
                  {column.title}
                </div>
              ))}
            </div>
          </div>
          <div role="rowgroup" className="relative" style={{ height: rows.length * size }}>
            {rows.slice(from, to).map((row, at) => (
              <Line
                key={keyOf(row)}
                row={row}
                at={from + at}
                columns={columns}
                tracks={tracks}
                card={isCards ? card : undefined}
                rowClass={rowClass}
              />
            ))}
          </div>
          <div className="grid min-h-12 place-items-center text-sm text-muted">
            <More {...props} />
          </div>
        </div>
      </div>
    </div>
  );
}

/** Below the rows: more are on their way, or wait to be asked for. */
function More<Row>({ hasMore, isLoadingMore, loadMore, moreError, pause }: LongProps<Row>) {
  if (isLoadingMore) return <span role="status">{common.loading}</span>;
  if (moreError) {
    return (
      <Button size="sm" onClick={loadMore}>
        {common.retry}
      </Button>
    );
  }
  if (!hasMore || !pause) return null;
  return (
    <div className="grid justify-items-center gap-2 py-3">
      <p>{pause}</p>
      <Button size="sm" onClick={loadMore}>
        {common.lookFurther}
      </Button>
    </div>
  );
}

/** Nothing was found yet, and there is more to look at. */
const GoingOn = <Row,>(props: LongProps<Row>) =>
  props.pause && !props.isLoadingMore ? (
    <div className="grid place-items-center p-8 text-muted">
      <More {...props} />
    </div>
  ) : (
    <GreyRows label={common.looking} />
  );

interface LineProps<Row> extends Pick<LongProps<Row>, "columns" | "card" | "rowClass"> {
  row: Row;
  at: number;
  tracks: string;
}

/** Drawn again only when it has changed: while the reader scrolls, only what comes into view is drawn. */
const Line = memo(function Line<Row>({ row, at, columns, tracks, card, rowClass }: LineProps<Row>) {
  const size = card ? CARD_PX : ROW_PX;
  return (
    <div
      role="row"
      aria-rowindex={at + 2}
      data-index={at}
      // Nothing in a row moves what is outside of it, which the browser need not find out by itself.
      className={cx(
        "absolute inset-x-0 border-b border-line [contain:size_layout_style] focus-within:bg-hover hover:bg-hover/60",
        !card && "grid items-center px-2 text-sm sm:px-4",
        rowClass?.(row),
      )}
      style={{
        top: at * size,
        height: size,
        ...(!card && { gridTemplateColumns: tracks }),
      }}
    >
      {card ? (
        <div role="cell" className="h-full px-4 py-2.5">
          {card(row)}
        </div>
      ) : (
        columns.map((column) => (
          <div
            key={column.id}
            role="cell"
            className={cx(
              "min-w-0 px-2 whitespace-nowrap",
              // What is cut costs more than what is not.
              column.width.includes("fr") && "truncate",
              column.isRight && "text-right tabular-nums",
              column.className,
            )}
          >
            {column.cell(row)}
          </div>
        ))
      )}
    </div>
  );
}) as <Row>(props: LineProps<Row>) => ReactNode;

/** What is put above the rows that the reader looks at does not push them away; how much it is is told. */
function useStayingPut<Row>(
  scroller: RefObject<HTMLDivElement | null>,
  rows: Row[],
  keyOf: (row: Row) => string,
  size: number,
) {
  const [count, setCount] = useState(0);
  const first = useRef<string | undefined>(undefined);
  useLayoutEffect(() => {
    const before = first.current;
    first.current = rows[0] && keyOf(rows[0]);
    const box = scroller.current;
    if (!box || before === undefined || box.scrollTop < size) return;
    const moved = rows.slice(0, 1_000).findIndex((row) => keyOf(row) === before);
    if (moved <= 0) return;
    box.scrollTop += moved * size;
    setCount((it) => it + moved);
  }, [rows, keyOf, scroller, size]);
  useEffect(() => {
    const box = scroller.current;
    if (!box || count === 0) return;
    const look = () => box.scrollTop < size && setCount(0);
    box.addEventListener("scroll", look, { passive: true });
    return () => box.removeEventListener("scroll", look);
  }, [scroller, count, size]);
  return { count, show: () => scroller.current?.scrollTo({ top: 0 }) };
}

interface Shown {
  count: number;
  size: number;
  head: number;
  look(): void;
}

function useHandle(
  handle: RefObject<TableHandle | null> | undefined,
  scroller: RefObject<HTMLDivElement | null>,
  shown: Shown,
): void {
  const latest = useRef(shown);
  latest.current = shown;
  useEffect(() => {
    if (!handle) return;
    const focused = () => {
      const row = document.activeElement?.closest("[data-index]");
      return row && scroller.current?.contains(row) ? Number(row.getAttribute("data-index")) : -1;
    };
    const move = (by: number) => {
      const box = scroller.current;
      if (!box) return;
      const { count, size, head, look } = latest.current;
      const from = focused();
      const to = from < 0 ? Math.ceil(box.scrollTop / size) : Math.min(Math.max(from + by, 0), count - 1);
      const top = to * size;
      box.scrollTop = Math.min(Math.max(box.scrollTop, top + size + head - box.clientHeight), top);
      look();
      box.querySelector<HTMLElement>(`[data-index="${to}"] a[data-row]`)?.focus({ preventScroll: true });
    };
    handle.current = { move, focused };
    return () => {
      handle.current = null;
    };
  }, [handle, scroller]);
}
