/** When the attempts of a delivery are made: the same arithmetic as the server's, so that a policy can be seen before it is saved. */
import type { RetryPolicy } from "@/api/calls";

/** Longest wait between two attempts. */
export const LONGEST_SECONDS = 86_400;
export const DEFAULT_POLICY = { first_delay_seconds: 20, factor: 3, max_delay_seconds: LONGEST_SECONDS };
export const MOST_ATTEMPTS = 50;

/** The waits between `maxAttempts` attempts, in seconds, before up to a fifth is added to each. */
export function delaysOf(policy: RetryPolicy, maxAttempts: number): number[] {
  const count = Math.max(0, Math.min(maxAttempts, MOST_ATTEMPTS) - 1);
  return Array.from({ length: count }, (_, at) => delayAfter(policy, at));
}

function delayAfter(policy: RetryPolicy, at: number): number {
  if ("delays_seconds" in policy) {
    const listed = policy.delays_seconds;
    return listed[Math.min(at, listed.length - 1)] ?? LONGEST_SECONDS;
  }
  const grown = policy.first_delay_seconds * policy.factor ** at;
  return Math.floor(Math.min(grown, policy.max_delay_seconds));
}

/** How long after the event each attempt is made, the first one at once. */
export function attemptTimes(delays: number[]): number[] {
  const times = [0];
  for (const delay of delays) times.push((times.at(-1) ?? 0) + delay);
  return times;
}

/** Where on a line from 0 to 1 a time is: early attempts are close together, so the line is logarithmic. */
export function placeOf(seconds: number, last: number): number {
  if (last <= 0) return 0;
  const scale = Math.max(last / 20_000, 1);
  return Math.log1p(seconds / scale) / Math.log1p(last / scale);
}

/** Which of the attempts have room for their label, so that none covers another. The last one always has. */
export function labelled(places: number[], gap: number): boolean[] {
  const shown = places.map(() => false);
  let free = Number.NEGATIVE_INFINITY;
  const last = places.length - 1;
  const end = places[last] ?? 0;
  places.forEach((place, at) => {
    const isRoom = place >= free && (at === last || end - place >= gap);
    if (!isRoom) return;
    shown[at] = true;
    free = place + gap;
  });
  if (last >= 0) shown[last] = true;
  return shown;
}

/** `20, 1m, 3m, 2h, 1d`: people do not count in seconds. Null where something is no time. */
export function readDelays(text: string): number[] | null {
  const parts = text.split(/[\s,;]+/).filter(Boolean);
  const read = parts.map(readDelay);
  return read.length > 0 && read.every((it) => it !== null) ? (read as number[]) : null;
}

const UNITS: Record<string, number> = { "": 1, s: 1, m: 60, min: 60, h: 3_600, d: 86_400 };

function readDelay(text: string): number | null {
  const match = /^(\d+)([a-z]*)$/i.exec(text);
  const unit = UNITS[match?.[2]?.toLowerCase() ?? "?"];
  return match && unit ? Number(match[1]) * unit : null;
}

/** The shortest way to write a time that `readDelays` reads back. */
export function writeDelay(seconds: number): string {
  if (seconds > 0 && seconds % 86_400 === 0) return `${seconds / 86_400}d`;
  if (seconds > 0 && seconds % 3_600 === 0) return `${seconds / 3_600}h`;
  if (seconds > 0 && seconds % 60 === 0) return `${seconds / 60}m`;
  return `${seconds}s`;
}
