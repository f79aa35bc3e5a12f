/** How a destination answers over time. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { type Figures, figuresQuery, STRETCHES, type Stretch } from "@/api/calls";
import { Chart, type Series } from "@/components/Chart";
import { Panel } from "@/components/Page";
import { Segmented } from "@/components/Segmented";
import { Loaded, Skeleton } from "@/components/States";
import { compact, duration, number } from "@/lib/format";
import { destination as texts } from "@/texts/destination";

const words = texts.charts;
const SPANS = (Object.keys(STRETCHES) as Stretch[]).map((value) => ({ value, text: value }));

export function DestinationCharts({ id }: { id: string }) {
  const [stretch, setStretch] = useState<Stretch>("24h");
  const query = useQuery({ ...figuresQuery({ destination_id: id }, stretch), placeholderData: keepPreviousData });
  return (
    <Panel
      title={words.title}
      actions={<Segmented<Stretch> label={words.span} options={SPANS} value={stretch} onChange={setStretch} />}
    >
      <Loaded query={query} skeleton={<Skeleton lines={6} />}>
        {(figures) => <Shown figures={figures} />}
      </Loaded>
    </Panel>
  );
}

function seriesOf(figures: Figures): { times: number[]; latency: Series[]; outcomes: Series[]; backlog: Series[] } {
  const of = (pick: (it: Figures["points"][number]) => number | null | undefined) =>
    figures.points.map((it) => pick(it) ?? null);
  return {
    times: figures.points.map((it) => Date.parse(it.at)),
    latency: [
      { label: words.p95, values: of((it) => it.p95Ms), colour: "warn" },
      { label: words.p50, values: of((it) => it.p50Ms), colour: "accent", isArea: true },
    ],
    backlog: [{ label: words.backlog, values: of((it) => it.backlog), colour: "wait", isArea: true }],
    outcomes: [
      { label: words.delivered, values: of((it) => it.delivered), colour: "good" },
      { label: words.waiting, values: of((it) => it.waiting), colour: "wait" },
      { label: words.failed, values: of((it) => it.failed), colour: "bad" },
    ],
  };
}

function Shown({ figures }: { figures: Figures }) {
  const { times, latency, outcomes, backlog } = useMemo(() => seriesOf(figures), [figures]);
  const isQuiet = figures.points.every((it) => it.received === 0 && it.backlog === 0);
  if (isQuiet) return <p className="py-6 text-center text-muted">{words.none}</p>;
  return (
    <div className="grid gap-5">
      <div className="grid gap-1.5">
        <h3 className="text-sm font-medium">{words.latency}</h3>
        <Chart label={words.latency} times={times} series={latency} format={duration} />
      </div>
      <div className="grid gap-1.5">
        <h3 className="text-sm font-medium">{words.outcomes}</h3>
        <Chart label={words.outcomes} times={times} series={outcomes} format={compact} isStacked />
      </div>
      <div className="grid gap-1.5">
        <h3 className="text-sm font-medium">{words.backlog}</h3>
        <Chart label={words.backlog} times={times} series={backlog} format={compact} />
      </div>
      <Codes codes={figures.statusCodes} />
      {figures.isPartial && <p className="text-sm text-muted">{words.partial}</p>}
    </div>
  );
}

const MOST_CODES = 8;

function Codes({ codes }: { codes: Figures["statusCodes"] }) {
  const all = codes.reduce((sum, it) => sum + it.count, 0);
  if (all === 0) return null;
  return (
    <div className="grid gap-2">
      <h3 className="text-sm font-medium">{words.codes}</h3>
      <ul className="grid gap-1.5">
        {codes.slice(0, MOST_CODES).map(({ code, count }) => (
          <li key={code ?? 0} className="grid grid-cols-[5.5rem_minmax(0,1fr)_auto] items-center gap-3 text-sm">
            <span className={code == null ? "text-muted" : "font-mono tabular-nums"}>{code ?? words.noAnswer}</span>
            <span aria-hidden className="h-2 overflow-hidden rounded-full bg-sunken">
              <span
                className={`block h-full rounded-full ${code != null && code < 300 ? "bg-good" : "bg-bad"}`}
                style={{ width: `${Math.max((count / all) * 100, 1)}%` }}
              />
            </span>
            <span className="tabular-nums">{number(count)}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}
