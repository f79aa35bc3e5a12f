/** How an app has fared in the last day, small. */
import { useQuery } from "@tanstack/react-query";
import { type Figures, figuresQuery } from "@/api/calls";
import { Bars } from "@/components/Bars";
import { compact } from "@/lib/format";
import { useSeen } from "@/lib/useSeen";
import { apps } from "@/texts/apps";
import { common } from "@/texts/common";

export interface Totals {
  received: number;
  delivered: number;
  failed: number;
  waiting: number;
  rejected: number;
}

export function totalsOf(figures: Pick<Figures, "points">): Totals {
  const totals: Totals = { received: 0, delivered: 0, failed: 0, waiting: 0, rejected: 0 };
  for (const point of figures.points) {
    for (const name of Object.keys(totals) as (keyof Totals)[]) totals[name] += point[name];
  }
  return totals;
}

/** Asks only once it is in view: a long list would have everything counted. */
export function SmallHealth({ slug, name }: { slug: string; name: string }) {
  const [place, isSeen] = useSeen<HTMLDivElement>();
  const { data, isPending, error } = useQuery({ ...figuresQuery({ app_slug: slug }), enabled: isSeen });
  return (
    <div ref={place} className="flex min-h-6 items-center gap-3">
      {data && <Shown figures={data} name={name} />}
      {isPending && !error && <span className="skeleton h-4 w-28" aria-hidden />}
      {error && <span className="text-faint">{common.none}</span>}
    </div>
  );
}

function Shown({ figures, name }: { figures: Figures; name: string }) {
  const totals = totalsOf(figures);
  if (totals.received === 0) return <span className="text-faint">{apps.quiet}</span>;
  return (
    <>
      <Bars
        label={apps.healthLabel(name, totals.received, totals.failed)}
        bars={figures.points.map((it) => ({ good: it.delivered, wait: it.waiting, bad: it.failed + it.rejected }))}
        className="h-6 w-24"
      />
      <span className="whitespace-nowrap tabular-nums">
        {compact(totals.received)}
        {totals.failed > 0 && <span className="text-bad"> · {apps.nFailed(totals.failed)}</span>}
        {totals.failed === 0 && totals.rejected > 0 && (
          <span className="text-bad"> · {apps.nRejected(totals.rejected)}</span>
        )}
      </span>
    </>
  );
}
