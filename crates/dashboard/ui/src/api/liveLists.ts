/** What the live stream tells, worked into the lists and events that are on the page. */
import type { InfiniteData, QueryClient } from "@tanstack/react-query";
import type { LiveChange } from "./live";
import type { Event, EventQuery } from "./queries";

interface Page {
  events: Event[];
  nextCursor?: string | null;
}
export type Pages = InfiniteData<Page, string>;

/** Whether an event belongs on a list; null where its fields do not say. */
export function isListed(event: Event, filter: EventQuery): boolean | null {
  const { app_slug, status, source, event_type, outbound_status, since, until, provider_id, field, q } = filter;
  const isType = (wanted: string) =>
    wanted.endsWith("*") ? (event.eventType ?? "").startsWith(wanted.slice(0, -1)) : event.eventType === wanted;
  const isOff =
    (app_slug && event.appSlug !== app_slug) ||
    (status && event.status !== status) ||
    (source && event.source !== source) ||
    (event_type && !isType(event_type)) ||
    (outbound_status && String(event.outboundStatus ?? "") !== outbound_status) ||
    (since && Date.parse(event.receivedAt) < Date.parse(since)) ||
    (until && Date.parse(event.receivedAt) >= Date.parse(until));
  if (isOff) return false;
  return provider_id || field || q ? null : true;
}

/** Newest first, as the API lists them; ids begin with the time. */
const isNewer = (a: Event, b: Event): boolean =>
  a.receivedAt === b.receivedAt ? a.id > b.id : Date.parse(a.receivedAt) > Date.parse(b.receivedAt);

/**
 * The list with the changes in it. A row that is there changes in its place, even if the filter would no longer take
 * it: what the reader looks at does not vanish under them.
 */
export function merged(before: Pages, events: Event[], filter: EventQuery): Pages {
  const changed = new Map(events.map((event) => [event.id, event]));
  const seen = new Set<string>();
  const pages = before.pages.map((page) => {
    if (!page.events.some((event) => changed.has(event.id))) return page;
    const inPlace = page.events.map((event) => {
      const now = changed.get(event.id);
      if (now) seen.add(event.id);
      return now ?? event;
    });
    return { ...page, events: inPlace };
  });
  const oldest = pages.at(-1)?.events.at(-1);
  const isComplete = !pages.at(-1)?.nextCursor;
  const added = [...changed.values()].filter(
    (event) => !seen.has(event.id) && isListed(event, filter) && (isComplete || !oldest || isNewer(event, oldest)),
  );
  const [first, ...others] = pages;
  if (!first || added.length === 0) return { ...before, pages };
  return { ...before, pages: [{ ...first, events: inOrder(first.events, added) }, ...others] };
}

function inOrder(events: Event[], added: Event[]): Event[] {
  return [...added, ...events].sort((a, b) => (isNewer(a, b) ? -1 : 1));
}

/** Works changes into everything that is kept. */
export function applyLive(client: QueryClient, changes: LiveChange[]): void {
  if (changes.some((change) => change.kind === "reset")) {
    void client.invalidateQueries({ queryKey: ["events"] });
    void client.invalidateQueries({ queryKey: ["event"] });
    return;
  }
  const events = changes.flatMap((change) => (change.kind === "event" ? [change.event] : []));
  for (const query of client.getQueryCache().findAll({ queryKey: ["events", "list"] })) {
    const filter = query.queryKey[2] as EventQuery;
    client.setQueryData<Pages>(query.queryKey, (before) => before && merged(before, events, filter));
    const isUnsure = events.some((event) => isListed(event, filter) === null);
    if (isUnsure && query.isActive()) askSoon(client, query.queryKey);
  }
  for (const event of events) void client.invalidateQueries({ queryKey: ["event", event.id] });
}

const asked = new Map<string, ReturnType<typeof setTimeout>>();

/** A search is asked again at most every few seconds, however much arrives. */
function askSoon(client: QueryClient, queryKey: readonly unknown[]): void {
  const name = JSON.stringify(queryKey);
  if (asked.has(name)) return;
  const timer = setTimeout(() => {
    asked.delete(name);
    void client.invalidateQueries({ queryKey });
  }, 3_000);
  asked.set(name, timer);
}
