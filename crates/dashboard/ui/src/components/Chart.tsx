/** A chart over time. The library comes when the first one is in view; the numbers are there as a table, too. */
import { lazy, Suspense } from "react";
import { common } from "@/texts/common";

export interface Series {
  label: string;
  values: (number | null)[];
  colour: "accent" | "good" | "wait" | "warn" | "bad" | "faint";
  /** Filled down to the axis. */
  isArea?: boolean;
  /** Bars, in front of each other. */
  isBars?: boolean;
}

export interface ChartProps {
  label: string;
  /** Unix milliseconds, in order. */
  times: number[];
  series: Series[];
  format(value: number): string;
  height?: number;
  /** Where the axis ends; by default, as high as the values are. */
  most?: number;
  /** As bars that stand on each other, the last one on the ground. */
  isStacked?: boolean;
  /** Where the reader drags over a span. */
  onSpan?: ((from: number, to: number) => void) | undefined;
}

const Drawn = lazy(() => import("./DrawnChart"));

export function Chart(props: ChartProps) {
  const height = props.height ?? 160;
  return (
    <div style={{ minHeight: height }}>
      <Suspense
        fallback={<div className="skeleton w-full" role="status" aria-label={common.loading} style={{ height }} />}
      >
        <Drawn {...props} height={height} />
      </Suspense>
    </div>
  );
}

interface SparkProps {
  values: number[];
  label: string;
  className?: string;
}

/** A small line without axes. */
export function Sparkline({ values, label, className = "h-6 w-24 text-accent" }: SparkProps) {
  const most = Math.max(...values, 1);
  const step = values.length > 1 ? 100 / (values.length - 1) : 100;
  const points = values.map((value, at) => `${(at * step).toFixed(2)},${(23 - (value / most) * 21).toFixed(2)}`);
  return (
    <svg role="img" aria-label={label} viewBox="0 0 100 24" preserveAspectRatio="none" className={className}>
      {values.length > 0 && (
        <>
          <polygon points={`0,24 ${points.join(" ")} 100,24`} fill="currentColor" opacity="0.12" />
          <polyline
            points={points.join(" ")}
            fill="none"
            stroke="currentColor"
            strokeWidth="1.5"
            vectorEffect="non-scaling-stroke"
          />
        </>
      )}
    </svg>
  );
}
