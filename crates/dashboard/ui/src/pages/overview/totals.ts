/** Sums over the points of a chart. */
import type { Figure } from "@/api/calls";

export interface Totals {
  received: number;
  delivered: number;
  failed: number;
  /** Under way: queued, held, or between two attempts. */
  waiting: number;
  rejected: number;
  /** The worst step's. */
  p95Ms: number | null;
  /** The median step's. */
  p50Ms: number | null;
}

export function totalsOf(points: Figure[]): Totals {
  const sum = (pick: (it: Figure) => number) => points.reduce((before, it) => before + pick(it), 0);
  const known = (pick: (it: Figure) => number | null | undefined) => points.map(pick).filter((it) => it != null);
  const medians = known((it) => it.p50Ms).sort((a, b) => a - b);
  const high = known((it) => it.p95Ms);
  return {
    received: sum((it) => it.received),
    delivered: sum((it) => it.delivered),
    failed: sum((it) => it.failed),
    waiting: sum((it) => it.waiting),
    rejected: sum((it) => it.rejected),
    p95Ms: high.length > 0 ? Math.max(...high) : null,
    p50Ms: medians[Math.floor(medians.length / 2)] ?? null,
  };
}
