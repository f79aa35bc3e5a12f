/** JSON as a tree. Rows exist only where it is open, and are drawn only where they are in view. */
import { useVirtualizer } from "@tanstack/react-virtual";
import { ChevronRight } from "lucide-react";
import { type KeyboardEvent, useCallback, useId, useMemo, useRef, useState } from "react";
import { cx } from "@/lib/cx";
import { Exact, FIRST_SHOWN, isContainer, type Row, rowsOf } from "@/lib/json";
import { event } from "@/texts/event";
import { Button } from "./Button";
import { Code } from "./Code";
import { CopyButton } from "./Copy";
import { Dialog } from "./Dialog";
import { Plain } from "./Plain";

const ROW_PX = 24;
const MOST_HEIGHT_PX = 560;
/** Longer strings are cut, and open in a window. */
const MOST_CHARACTERS = 240;
/** What is nested deeper does not move to the right any more. */
const MOST_INDENT = 24;
const OPEN_TO_LEVEL = 2;
/** A list as long as this is not open from the beginning, unless it is all there is. */
const MANY = 60;

function useOpenness() {
  const [changed, setChanged] = useState<ReadonlyMap<object, boolean>>(new Map());
  const [shown, setShown] = useState<ReadonlyMap<object, number>>(new Map());
  const isOpen = useCallback(
    (value: object, level: number) => {
      const size = Array.isArray(value) ? value.length : Object.keys(value).length;
      return changed.get(value) ?? (size > 0 && (level === 1 || (level <= OPEN_TO_LEVEL && size <= MANY)));
    },
    [changed],
  );
  const set = (value: object, open: boolean) => setChanged((before) => new Map(before).set(value, open));
  const more = (value: object) =>
    setShown((before) => new Map(before).set(value, (before.get(value) ?? FIRST_SHOWN) * 10));
  return { isOpen, shown: useCallback((value: object) => shown.get(value) ?? FIRST_SHOWN, [shown]), set, more };
}

export function JsonTree({ value, label }: { value: unknown; label: string }) {
  const openness = useOpenness();
  const { isOpen, shown } = openness;
  const rows = useMemo(() => rowsOf(value, { isOpen, shown }), [value, isOpen, shown]);
  const [at, setAt] = useState(0);
  const [read, setRead] = useState<string | null>(null);
  const scroller = useRef<HTMLDivElement>(null);
  const id = useId();
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: 10,
  });
  const act = (row: Row | undefined) => {
    if (!row) return;
    if (row.hidden) openness.more(row.hidden.of);
    else if (isContainer(row.value)) openness.set(row.value, !row.isOpen);
    else if (typeof row.value === "string" && row.value.length > MOST_CHARACTERS) setRead(row.value);
  };
  const go = (to: number) => {
    const next = Math.min(Math.max(to, 0), rows.length - 1);
    setAt(next);
    virtual.scrollToIndex(next);
  };
  const press = (pressed: KeyboardEvent) => {
    const row = rows[at];
    const moves: Record<string, () => void> = {
      ArrowDown: () => go(at + 1),
      ArrowUp: () => go(at - 1),
      Home: () => go(0),
      End: () => go(rows.length - 1),
      PageDown: () => go(at + 20),
      PageUp: () => go(at - 20),
      Enter: () => act(row),
      " ": () => act(row),
      ArrowRight: () => (row && isContainer(row.value) && !row.isOpen ? openness.set(row.value, true) : go(at + 1)),
      ArrowLeft: () => {
        if (row && isContainer(row.value) && row.isOpen) openness.set(row.value, false);
        else go(rows.slice(0, at).findLastIndex((it) => it.level < (row?.level ?? 0)));
      },
    };
    const move = moves[pressed.key];
    if (!move || pressed.metaKey || pressed.ctrlKey) return;
    pressed.preventDefault();
    pressed.stopPropagation();
    move();
  };
  const height = Math.min(virtual.getTotalSize() + 16, MOST_HEIGHT_PX);
  return (
    <>
      <div
        ref={scroller}
        role="tree"
        aria-label={label}
        tabIndex={0}
        aria-activedescendant={`${id}-${at}`}
        onKeyDown={press}
        className="group overflow-auto rounded-b-lg bg-sunken py-2 font-mono text-sm focus-visible:outline-offset-[-2px]"
        style={{ height }}
      >
        <div className="relative" role="presentation" style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map((item) => {
            const row = rows[item.index];
            return row ? (
              <TreeRow
                key={item.index}
                id={`${id}-${item.index}`}
                row={row}
                top={item.start}
                isAt={item.index === at}
                onPress={() => {
                  setAt(item.index);
                  act(row);
                }}
              />
            ) : null;
          })}
        </div>
      </div>
      <Dialog title={event.openString} isOpen={read !== null} onClose={() => setRead(null)} width="lg">
        {read !== null && <Code text={read.slice(0, 2_000_000)} label={event.openString} />}
      </Dialog>
    </>
  );
}

interface RowProps {
  id: string;
  row: Row;
  top: number;
  isAt: boolean;
  onPress(): void;
}

function TreeRow({ id, row, top, isAt, onPress }: RowProps) {
  const indent = Math.min(row.level - 1, MOST_INDENT);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the tree has the keys.
    <div
      id={id}
      role="treeitem"
      tabIndex={-1}
      aria-level={row.level}
      aria-expanded={row.isOpen}
      aria-selected={isAt}
      onClick={onPress}
      className={cx(
        "absolute inset-x-0 top-0 flex min-w-max items-center pr-3 whitespace-pre hover:bg-hover",
        isAt && "group-focus-visible:bg-hover",
        (row.isOpen !== undefined || row.hidden) && "cursor-pointer",
      )}
      style={{ height: ROW_PX, transform: `translateY(${top}px)`, paddingLeft: `${indent * 1.1 + 0.5}rem` }}
    >
      <span className="inline-grid w-4 shrink-0 place-items-center text-faint">
        {row.isOpen !== undefined && row.size > 0 && (
          <ChevronRight size={13} aria-hidden className={cx("transition-transform", row.isOpen && "rotate-90")} />
        )}
      </span>
      {row.hidden ? (
        <span className="text-accent">{event.showMore(row.hidden.count)}</span>
      ) : (
        <>
          {row.name !== null && (
            <>
              <Plain className="text-(--code-key)" most={MOST_CHARACTERS}>
                {row.name}
              </Plain>
              <span className="text-faint">: </span>
            </>
          )}
          <Value row={row} />
        </>
      )}
    </div>
  );
}

function Value({ row }: { row: Row }) {
  const { value } = row;
  if (isContainer(value)) {
    const [open, close] = Array.isArray(value) ? ["[", "]"] : ["{", "}"];
    return (
      <span className="text-faint">
        {row.isOpen && row.size > 0 ? open : `${open}${row.size > 0 ? `…` : ""}${close}`}
        {row.size > 0 && <span className="ml-2 text-xs">{row.size}</span>}
      </span>
    );
  }
  if (typeof value === "string") {
    const isLong = value.length > MOST_CHARACTERS;
    return (
      <>
        <Plain className="text-(--code-string)" most={MOST_CHARACTERS}>
          {`"${value.replaceAll("\n", "⏎").replaceAll("\t", "⇥")}"`}
        </Plain>
        {isLong && (
          <Button size="sm" tone="quiet" tabIndex={-1} className="!h-5 !px-1.5 !text-xs">
            {event.openString}
          </Button>
        )}
        <span className="ml-1 hidden [div:hover>&]:inline">
          <CopyButton value={value} className="!size-5" />
        </span>
      </>
    );
  }
  const text = value instanceof Exact ? value.text : String(value);
  return (
    <span
      className={typeof value === "number" || value instanceof Exact ? "text-(--code-number)" : "text-(--code-word)"}
    >
      {text}
    </span>
  );
}
