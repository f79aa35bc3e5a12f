/** Two texts, line by line. */
import { useVirtualizer } from "@tanstack/react-virtual";
import { useMemo, useRef } from "react";
import { Plain } from "@/components/Plain";
import { cx } from "@/lib/cx";
import { diff, folded } from "@/lib/diff";
import { event } from "@/texts/event";

const ROW_PX = 22;
const MOST_LINES = 60_000;
const SIGNS = { same: " ", added: "+", removed: "−" };
const GROUNDS = { same: "", added: "bg-good-soft", removed: "bg-bad-soft" };

export function DiffView({ before, after, label }: { before: string; after: string; label: string }) {
  const lines = useMemo(() => {
    const [a, b] = [before.split("\n"), after.split("\n")];
    return a.length + b.length > MOST_LINES ? null : folded(diff(a, b));
  }, [before, after]);
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: lines?.length ?? 0,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: 12,
  });
  if (lines === null) return <p className="text-muted">{event.diff.tooLarge}</p>;
  if (lines.length === 0) return <p className="text-muted">{event.diff.same}</p>;
  return (
    <div
      ref={scroller}
      tabIndex={0}
      role="region"
      aria-label={label}
      className="overflow-auto rounded-md border border-line bg-sunken font-mono text-sm"
      style={{ height: Math.min(virtual.getTotalSize() + 2, 480) }}
    >
      <div className="relative min-w-max" style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map((item) => {
          const line = lines[item.index];
          if (!line) return null;
          const place = { height: ROW_PX, transform: `translateY(${item.start}px)` };
          if (line.kind === "gap") {
            return (
              <p
                key={item.key}
                style={place}
                className="absolute inset-x-0 top-0 bg-hover px-3 text-xs leading-[22px] text-muted"
              >
                {event.diff.gap(line.count)}
              </p>
            );
          }
          return (
            <p
              key={item.key}
              style={place}
              className={cx("absolute inset-x-0 top-0 flex whitespace-pre", GROUNDS[line.kind])}
            >
              <LineNumber at={line.before} />
              <LineNumber at={line.after} />
              <span className="w-5 shrink-0 text-center text-muted">{SIGNS[line.kind]}</span>
              <Plain most={1_000}>{line.text}</Plain>
            </p>
          );
        })}
      </div>
    </div>
  );
}

const LineNumber = ({ at }: { at: number | undefined }) => (
  <span className="w-12 shrink-0 pr-2 text-right text-faint tabular-nums select-none">{at ?? ""}</span>
);
