/** What a month's events come to. */

export interface Used {
  events: number;
  limit: number | null;
}

/** The bar ends at twice the plan, where events begin to be refused; before the plan is passed it ends at the plan. */
export function barOf({ events, limit }: Used): { filled: number; limitAt: number } {
  if (limit === null) return { filled: 0, limitAt: 1 };
  const end = events > limit ? limit * 2 : limit;
  if (end === 0) return { filled: 1, limitAt: 1 };
  return { filled: Math.min(events / end, 1), limitAt: limit / end };
}

const NEAR = 0.8;

export const isNear = ({ events, limit }: Used): boolean => limit !== null && events >= limit * NEAR && events <= limit;

/** A day of a month is too little to go by. */
const EARLIEST_SHARE = 1 / 31;

/** How many it will be by the end of the month, if it goes on like this; null where it is too early to say. */
export function projected(events: number, month: string, now: number): number | null {
  const begin = Date.parse(`${month}-01T00:00:00Z`);
  const date = new Date(begin);
  const end = Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1);
  const share = (now - begin) / (end - begin);
  if (Number.isNaN(share) || share < EARLIEST_SHARE || share >= 1 || events === 0) return null;
  return rounded(events / share);
}

/** To two digits: it is a guess. */
function rounded(value: number): number {
  const size = 10 ** Math.max(Math.floor(Math.log10(value)) - 1, 0);
  return Math.round(value / size) * size;
}

/** The last months, oldest first, those without events too. */
export function months(history: { month: string; events: number }[], present: string, count = 12): [string, number][] {
  const events = new Map(history.map((it) => [it.month, it.events]));
  const [year = 0, month = 1] = present.split("-").map(Number);
  return Array.from({ length: count }, (_, at) => {
    const date = new Date(Date.UTC(year, month - count + at, 1));
    const name = date.toISOString().slice(0, 7);
    return [name, events.get(name) ?? 0];
  });
}

/** `November 2026`, or `Nov`. */
export const monthName = (month: string, isShort = false): string =>
  new Intl.DateTimeFormat("en", {
    month: isShort ? "short" : "long",
    ...(!isShort && { year: "numeric" }),
    timeZone: "UTC",
  }).format(Date.parse(`${month}-01T00:00:00Z`));
