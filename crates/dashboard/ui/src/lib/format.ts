/** Numbers, times and sizes as people read them. */
import { common } from "@/texts/common";

const UNITS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["year", 365 * 86_400],
  ["month", 30 * 86_400],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];
const SHORT = new Intl.RelativeTimeFormat("en", { numeric: "always", style: "narrow" });

/** `4m ago`, `in 3h`, and `just now` for what is less than ten seconds away. */
export function relative(at: number, now: number): string {
  const seconds = (at - now) / 1_000;
  if (Math.abs(seconds) < 10) return seconds > 0 ? common.now : common.justNow;
  for (const [unit, size] of UNITS) {
    if (Math.abs(seconds) >= size) return SHORT.format(Math.trunc(seconds / size), unit);
  }
  return SHORT.format(Math.trunc(seconds), "second");
}

/** How long until the text of `relative` changes. */
export function changesAfter(at: number, now: number): number {
  const seconds = Math.abs(at - now) / 1_000;
  if (seconds < 60) return 5_000;
  return seconds < 3_600 ? 30_000 : 300_000;
}

const FORMS = {
  exact: {
    weekday: "short",
    day: "numeric",
    month: "short",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    fractionalSecondDigits: 3,
    timeZoneName: "short",
  },
  day: { day: "numeric", month: "short" },
  time: { hour: "2-digit", minute: "2-digit", second: "2-digit" },
} as const satisfies Record<string, Intl.DateTimeFormatOptions>;

/** Making one takes longer than a row of a long list may: each is made once. */
const formatters = new Map<string, Intl.DateTimeFormat>();

function formatter(form: keyof typeof FORMS, zone: string | undefined): Intl.DateTimeFormat {
  const name = `${form} ${zone ?? ""}`;
  let kept = formatters.get(name);
  if (!kept) {
    kept = new Intl.DateTimeFormat("en-GB", { ...FORMS[form], timeZone: zone });
    formatters.set(name, kept);
  }
  return kept;
}

/** In the reader's zone, to the millisecond. */
export const exact = (at: number, zone?: string): string => formatter("exact", zone).format(at);

/** `14:03:22` today, `21 Nov 14:03` on another day: for dense tables. */
export function clock(at: number, now: number, zone?: string): string {
  const [day, time] = [formatter("day", zone), formatter("time", zone)];
  return day.format(at) === day.format(now) ? time.format(at) : `${day.format(at)} ${time.format(at).slice(0, 5)}`;
}

/** `840 ms`, `1.2 s`, `4 min 10 s`, `2 h 3 min`. */
export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 10_000) return `${(ms / 1_000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3_600) return join(Math.floor(seconds / 60), "min", seconds % 60, "s");
  if (seconds < 86_400) return join(Math.floor(seconds / 3_600), "h", Math.floor((seconds % 3_600) / 60), "min");
  return join(Math.floor(seconds / 86_400), "d", Math.floor((seconds % 86_400) / 3_600), "h");
}

const join = (large: number, unit: string, small: number, smaller: string): string =>
  small === 0 ? `${large} ${unit}` : `${large} ${unit} ${small} ${smaller}`;

/** `512 B`, `1.5 KiB`, `10 MiB`. */
export function bytes(count: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let value = count;
  let unit = 0;
  while (value >= 1_024 && unit < units.length - 1) {
    value /= 1_024;
    unit += 1;
  }
  const digits = unit === 0 || value >= 100 || Number.isInteger(value) ? 0 : 1;
  return `${value.toFixed(digits)} ${units[unit]}`;
}

export const number = (value: number): string => value.toLocaleString("en");

/** `12.3K`, for the axes of charts and for counters. */
export const compact = (value: number): string =>
  new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 }).format(value);

/** `99.95 %`; nothing but all is `100 %`. */
export function percent(part: number, whole: number): string {
  if (whole === 0) return "–";
  const share = (part / whole) * 100;
  if (part !== whole && share > 99.99) return "99.99 %";
  return `${Number(share.toFixed(share > 99 ? 2 : 1))} %`;
}

/** The middle of an id or URL left out, so that its end can be told. */
export function shortened(text: string, most: number): string {
  if (text.length <= most) return text;
  const head = Math.ceil((most - 1) * 0.6);
  return `${text.slice(0, head)}…${text.slice(text.length - (most - 1 - head))}`;
}
