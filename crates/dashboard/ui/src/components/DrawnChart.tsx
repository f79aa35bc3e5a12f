/** The chart itself, on uPlot. */
import "uplot/dist/uPlot.min.css";
import { useEffect, useRef, useState } from "react";
import uPlot from "uplot";
import { clock } from "@/lib/format";
import type { ChartProps, Series } from "./Chart";

const colourOf = (name: string, place: Element): string => getComputedStyle(place).getPropertyValue(`--${name}`).trim();

/** A value between two gaps is no line: it is shown as a point. */
const lonely = (plot: uPlot, at: number): number[] => {
  const values = Array.from(plot.data[at] ?? []);
  // With none uPlot draws no point; with null, all of them.
  return values.flatMap((value, index) =>
    value != null && values[index - 1] == null && values[index + 1] == null ? [index] : [],
  );
};

/** How high each bar reaches, for bars that stand on those after them. */
const stacked = (series: Series[]): (number | null)[][] =>
  series.map((it, at) =>
    it.values.map((_, point) => series.slice(at).reduce((sum, under) => sum + (under.values[point] ?? 0), 0)),
  );

const DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const HOUR = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });

/** Hours within days, days within months. */
const moment = (seconds: number, increment: number): string =>
  (increment >= 86_400 ? DAY : HOUR).format(seconds * 1_000);

const dataOf = ({ times, series, isStacked }: ChartProps): uPlot.AlignedData => [
  times.map((it) => it / 1_000),
  ...(isStacked ? stacked(series) : series.map((it) => it.values)),
];

function shown(series: Series, place: Element, { format, isStacked }: ChartProps): uPlot.Series {
  const stroke = colourOf(series.colour, place);
  return {
    label: series.label,
    stroke,
    width: 1.5,
    points: { show: true, filter: lonely, size: 5, fill: stroke },
    ...(series.isArea && { fill: `color-mix(in srgb, ${stroke} 14%, transparent)` }),
    ...((isStacked || series.isBars) && {
      fill: stroke,
      width: 0,
      points: { show: false },
      paths: uPlot.paths.bars?.({ size: [0.72, 36, 1], radius: 0 }),
    }),
    value: (_plot, value: number | null) => (value === null ? "–" : format(value)),
  };
}

function optionsOf(props: ChartProps, place: HTMLElement): uPlot.Options {
  const faint = colourOf("faint", place);
  const line = colourOf("line", place);
  const font = `11px ${getComputedStyle(place).fontFamily}`;
  const axis = { stroke: faint, font, ticks: { show: false } };
  return {
    width: place.clientWidth,
    height: props.height ?? 160,
    // Half of the last moment stands to the right of its point.
    padding: [8, 18, 0, 0],
    cursor: { y: false, drag: { x: Boolean(props.onSpan), y: false, setScale: false }, points: { size: 6 } },
    legend: { show: false },
    scales: { y: { range: (_plot, _low, high) => [0, (props.most ?? Math.max(high ?? 0, 1)) * 1.08] } },
    axes: [
      {
        ...axis,
        grid: { show: false },
        space: 60,
        size: 26,
        values: (_plot, values, _axis, _space, increment) => values.map((value) => moment(value, increment)),
      },
      {
        ...axis,
        grid: { stroke: line, width: 1 },
        size: 52,
        values: (_plot, values) => values.map((value) => (value === null ? "" : props.format(value))),
      },
    ],
    series: [{}, ...props.series.map((it) => shown(it, place, props))],
    hooks: {
      setSelect: [
        (plot) => {
          if (plot.select.width < 4) return;
          const at = (left: number) => plot.posToVal(left, "x") * 1_000;
          props.onSpan?.(at(plot.select.left), at(plot.select.left + plot.select.width));
          plot.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
        },
      ],
    },
  };
}

export default function DrawnChart(props: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const [at, setAt] = useState<number | null>(null);
  const { label, times, series, format } = props;
  const latest = useRef(props);
  latest.current = props;
  const drawn = useRef<uPlot>(undefined);
  useEffect(() => {
    const box = place.current;
    if (!box) return;
    const draw = () => {
      drawn.current?.destroy();
      const options = optionsOf(latest.current, box);
      options.hooks = { ...options.hooks, setCursor: [(it) => setAt(it.cursor.idx ?? null)] };
      drawn.current = new uPlot(options, dataOf(latest.current), box);
    };
    draw();
    const sized = new ResizeObserver(() =>
      drawn.current?.setSize({ width: box.clientWidth, height: box.clientHeight || 160 }),
    );
    sized.observe(box);
    const themed = new MutationObserver(draw);
    themed.observe(document.documentElement, { attributeFilter: ["data-theme"] });
    return () => {
      sized.disconnect();
      themed.disconnect();
      drawn.current?.destroy();
      drawn.current = undefined;
    };
  }, []);
  // New numbers come while the reader points at the old ones: the picture stays, and what is pointed at.
  // biome-ignore lint/correctness/useExhaustiveDependencies: these are what is drawn.
  useEffect(() => drawn.current?.setData(dataOf(latest.current)), [times, series]);
  const last = at ?? times.length - 1;
  return (
    <figure className="m-0 grid gap-1">
      <figcaption className="flex flex-wrap items-center gap-x-4 gap-y-0.5 text-sm text-muted">
        {series.map((it) => (
          <span key={it.label} className="inline-flex items-center gap-1.5">
            <span aria-hidden className="h-0.5 w-3 rounded" style={{ background: `var(--${it.colour})` }} />
            {it.label}
            <b className="font-medium text-text tabular-nums">{valueAt(it, at, format)}</b>
          </span>
        ))}
        {at !== null && times[last] !== undefined && (
          <span className="ml-auto tabular-nums">{clock(times[last], Date.now())}</span>
        )}
      </figcaption>
      <div ref={place} role="img" aria-label={label} style={{ height: props.height ?? 160 }} className="w-full" />
      <Numbers {...props} />
    </figure>
  );
}

const valueAt = ({ values }: Series, at: number | null, format: (value: number) => string): string => {
  const value = at === null ? null : values[at];
  return value === null || value === undefined ? "" : format(value);
};

/** The last values, for those who do not see the picture. */
const Numbers = ({ label, times, series, format }: ChartProps) => (
  <table className="sr-only">
    <caption>{label}</caption>
    <thead>
      <tr>
        <td />
        {series.map((it) => (
          <th key={it.label} scope="col">
            {it.label}
          </th>
        ))}
      </tr>
    </thead>
    <tbody>
      {times.slice(-12).map((time, at) => (
        <tr key={time}>
          <th scope="row">{new Date(time).toISOString()}</th>
          {series.map((it) => {
            const value = it.values[it.values.length - Math.min(12, times.length) + at];
            return <td key={it.label}>{value === null || value === undefined ? "–" : format(value)}</td>;
          })}
        </tr>
      ))}
    </tbody>
  </table>
);
