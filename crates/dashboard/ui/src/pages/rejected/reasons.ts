/** Rejected requests by app and reason, and what to do about each. */
import type { Event } from "@/api/queries";
import { rejected as texts } from "@/texts/workspace";

export interface AppGroup {
  /** Null where the app was deleted. */
  slug: string | null;
  events: Event[];
}

/** One group for each app, the one with the newest request first. */
export function byApp(events: Event[]): AppGroup[] {
  const groups = new Map<string | null, Event[]>();
  for (const event of events) {
    const slug = event.appSlug ?? null;
    groups.set(slug, [...(groups.get(slug) ?? []), event]);
  }
  return [...groups].map(([slug, its]) => ({ slug, events: its }));
}

/** The same, with the apps that were verified just now, even if nothing of theirs is rejected any more. */
export function withVerified(events: Event[], verified: string[]): AppGroup[] {
  const groups = byApp(events);
  const done = verified.filter((slug) => !groups.some((group) => group.slug === slug));
  return [...done.map((slug) => ({ slug, events: [] })), ...groups];
}

export interface Reason {
  text: string;
  count: number;
}

/** How often each reason is given, the most frequent first. Numbers in it, such as how late it was, do not make another. */
export function counted(reasons: (string | null | undefined)[]): Reason[] {
  const found = new Map<string, Reason>();
  for (const text of reasons) {
    const told = text || texts.unknown;
    const key = told.replace(/\d+/g, "0");
    const before = found.get(key);
    if (before) before.count += 1;
    else found.set(key, { text: told, count: 1 });
  }
  return [...found.values()].sort((a, b) => b.count - a.count);
}

export type Kind = keyof typeof texts.fixes;

/** By the words of the server's reasons, the first that fits. */
const KINDS: [Kind, RegExp][] = [
  ["repeat", /^the same event as/],
  ["sender", /source_config\./],
  ["time", /^timestamp /],
  ["url", /another URL/],
  ["secret", /another secret|this app's secret/],
  ["key", /provider's (key|certificate)/],
  ["source", /missing|source right|not of the form|several times|no signature/],
];

export const kindOf = (reason: string): Kind => KINDS.find(([, words]) => words.test(reason))?.[0] ?? "other";

export const fixOf = (reason: string, provider: string): string => texts.fixes[kindOf(reason)](provider);
