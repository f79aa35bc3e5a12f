/** Small stacked bars without axes: how much, and how much of it went well. */
import { cx } from "@/lib/cx";

export interface Bar {
  good: number;
  wait: number;
  bad: number;
}

const GAP = 0.25;

interface Props {
  bars: Bar[];
  label: string;
  className?: string;
}

export function Bars({ bars, label, className }: Props) {
  const most = Math.max(1, ...bars.map((bar) => bar.good + bar.wait + bar.bad));
  return (
    <svg
      role="img"
      aria-label={label}
      viewBox={`0 0 ${Math.max(bars.length, 1)} 100`}
      preserveAspectRatio="none"
      className={cx("shrink-0", className)}
    >
      <line x1="0" x2={bars.length} y1="99.5" y2="99.5" className="stroke-line" vectorEffect="non-scaling-stroke" />
      {bars.map((bar, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a bar is its place in time.
        <Stack key={at} bar={bar} at={at} most={most} />
      ))}
    </svg>
  );
}

/** Failures stand on the ground, where even few of them are seen. */
function Stack({ bar, at, most }: { bar: Bar; at: number; most: number }) {
  const parts = [
    [bar.bad, "fill-bad"],
    [bar.wait, "fill-wait"],
    [bar.good, "fill-good"],
  ] as const;
  let ground = 100;
  return parts.map(([count, colour]) => {
    if (count === 0) return null;
    const height = Math.max((count / most) * 96, 3);
    ground -= height;
    return <rect key={colour} x={at + GAP / 2} width={1 - GAP} y={ground} height={height} className={colour} />;
  });
}
