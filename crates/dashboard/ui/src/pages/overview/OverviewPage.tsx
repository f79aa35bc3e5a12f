/** At a glance: is everything delivered? What fails, since when, why, and what to do. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { CircleCheck, CircleDashed, CircleX, Rocket } from "lucide-react";
import { useEffect, useMemo } from "react";
import { type Figure, type Figures, figuresQuery, type Stretch } from "@/api/calls";
import { onLive } from "@/api/live";
import { appsQuery } from "@/api/queries";
import { queryClient } from "@/api/queryClient";
import { buttonClass } from "@/components/Button";
import { Chart, type Series } from "@/components/Chart";
import { Page, Panel } from "@/components/Page";
import { Segmented } from "@/components/Segmented";
import { Empty, Loaded, Skeleton } from "@/components/States";
import { cx } from "@/lib/cx";
import { compact, duration, percent } from "@/lib/format";
import { remembered, useStore } from "@/lib/store";
import { overview } from "@/texts/overview";
import { FailingList } from "./Failing";
import { Recent } from "./Recent";
import { Tiles } from "./Tiles";
import { type Totals, totalsOf } from "./totals";

const spanOf = remembered<Stretch>("overview-span", "24h");
const SPANS = (["1h", "24h", "7d", "30d"] as const).map((value) => ({ value, text: overview.spans[value] }));
const ASK_AGAIN_MS = 4_000;

export function OverviewPage() {
  const apps = useQuery(appsQuery);
  const span = useStore(spanOf);
  return (
    <Page
      title={overview.title}
      isWide
      actions={<Segmented<Stretch> label={overview.spanLabel} options={SPANS} value={span} onChange={spanOf.set} />}
    >
      <Loaded query={apps} skeleton={<Skeleton lines={8} />}>
        {(all) => (all.length === 0 ? <Start /> : <Standing span={span} />)}
      </Loaded>
    </Page>
  );
}

const Start = () => (
  <div className="card">
    <Empty
      icon={Rocket}
      title={overview.startTitle}
      action={
        <Link to="/welcome" search={{}} className={buttonClass("primary", "lg")}>
          {overview.startAction}
        </Link>
      }
    >
      <p>{overview.start}</p>
    </Empty>
  </div>
);

/** Figures are asked for again soon after something moved. */
function useFreshFigures(span: Stretch) {
  const query = useQuery({ ...figuresQuery({}, span), placeholderData: keepPreviousData });
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stop = onLive(() => {
      timer ??= setTimeout(() => {
        timer = undefined;
        void queryClient.invalidateQueries({ queryKey: ["figures", {}] });
      }, ASK_AGAIN_MS);
    });
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, []);
  return query;
}

function Standing({ span }: { span: Stretch }) {
  const query = useFreshFigures(span);
  return (
    <div className="grid gap-4">
      <Loaded query={query} skeleton={<Skeleton lines={8} />}>
        {(figures) => <Known figures={figures} span={span} />}
      </Loaded>
      <Recent />
    </div>
  );
}

function Known({ figures, span }: { figures: Figures; span: Stretch }) {
  const totals = useMemo(() => totalsOf(figures.points), [figures]);
  return (
    <>
      <Verdict figures={figures} totals={totals} span={span} />
      <FailingList failing={figures.failing} heldBack={figures.heldBack} />
      <Tiles figures={figures} totals={totals} span={span} />
      <Charts figures={figures} />
    </>
  );
}

function Verdict({ figures, totals, span }: { figures: Figures; totals: Totals; span: Stretch }) {
  // What the stretch has under way, or what waits from before it.
  const waiting = Math.max(figures.backlog.waiting, totals.waiting);
  const nFailing = figures.failing.length;
  const [Icon, tone, sentence] =
    nFailing > 0
      ? ([CircleX, "text-bad", overview.failing(nFailing)] as const)
      : totals.failed > 0
        ? ([CircleX, "text-bad", overview.failed(totals.failed)] as const)
        : waiting > 0
          ? ([CircleDashed, "text-wait", overview.waiting(waiting)] as const)
          : ([CircleCheck, "text-good", totals.received > 0 ? overview.well : overview.quiet] as const);
  return (
    <div className="flex items-start gap-3 py-1" role="status" data-verdict={tone}>
      <Icon size={26} strokeWidth={2} className={cx("mt-0.5 shrink-0", tone)} aria-hidden />
      <div>
        <p className="text-xl font-semibold text-balance">{sentence}</p>
        <p className="text-muted">
          {overview.summary(totals.received, overview.spanWords[span])} {figures.isPartial && overview.partial}
          {totals.rejected > 0 && (
            <Link to="/rejected" className="link">
              {overview.turnedAway(totals.rejected)}
            </Link>
          )}
        </p>
      </div>
    </div>
  );
}

/** Hundredths; of what was turned away nothing is expected. */
function shareOf({ delivered, failed, waiting }: Figure): number | null {
  const all = delivered + failed + waiting;
  return all > 0 ? (delivered / all) * 100 : null;
}

function seriesOf({ points }: Figures): Record<"events" | "share" | "latency" | "backlog", Series[]> {
  return {
    events: [
      { label: overview.charts.delivered, values: points.map((it) => it.delivered), colour: "good" },
      { label: overview.charts.waiting, values: points.map((it) => it.waiting), colour: "wait" },
      { label: overview.charts.failed, values: points.map((it) => it.failed), colour: "bad" },
      { label: overview.charts.rejected, values: points.map((it) => it.rejected), colour: "faint" },
    ],
    share: [{ label: overview.charts.share, values: points.map(shareOf), colour: "good", isArea: true }],
    backlog: [
      { label: overview.charts.backlogSeries, values: points.map((it) => it.backlog), colour: "wait", isArea: true },
    ],
    latency: [
      { label: overview.charts.p95, values: points.map((it) => it.p95Ms ?? null), colour: "warn" },
      { label: overview.charts.p50, values: points.map((it) => it.p50Ms ?? null), colour: "accent", isArea: true },
    ],
  };
}

function Charts({ figures }: { figures: Figures }) {
  const navigate = useNavigate();
  const { events, share, latency, backlog } = useMemo(() => seriesOf(figures), [figures]);
  const times = useMemo(() => figures.points.map((it) => Date.parse(it.at)), [figures]);
  const show = (from: number, to: number) =>
    navigate({
      to: "/events",
      search: { since: new Date(from).toISOString(), until: new Date(to).toISOString() },
    });
  return (
    <div className="grid gap-4 xl:grid-cols-2">
      <Panel title={overview.charts.throughput} lead={overview.charts.drag}>
        <Chart
          label={overview.charts.throughput}
          times={times}
          series={events}
          format={compact}
          onSpan={show}
          isStacked
        />
      </Panel>
      <Panel title={overview.charts.success} lead={overview.charts.drag}>
        <Chart
          label={overview.charts.success}
          times={times}
          series={share}
          format={(value) => percent(value, 100)}
          most={100}
          onSpan={show}
        />
      </Panel>
      <Panel title={overview.charts.latency} lead={overview.charts.drag}>
        <Chart label={overview.charts.latency} times={times} series={latency} format={duration} onSpan={show} />
      </Panel>
      <Panel title={overview.charts.backlog} lead={overview.charts.backlogLead}>
        <Chart label={overview.charts.backlog} times={times} series={backlog} format={compact} />
      </Panel>
    </div>
  );
}
