/** The filter of the event log, as it stands in the URL and as the API takes it. */
import type { EventQuery } from "@/api/queries";

/** In the order in which they are shown. The URL uses the API's own words. */
export const FILTERS = [
  "status",
  "app_slug",
  "source",
  "event_type",
  "field",
  "since",
  "until",
  "outbound_status",
  "provider_id",
  "q",
] as const;
export type FilterName = (typeof FILTERS)[number];
export type EventSearch = Partial<Record<FilterName, string>>;

export const STATUSES = ["success", "queued", "retrying", "held", "failed", "rejected"] as const;
export type Status = (typeof STATUSES)[number];

/** Times that go on moving: `24h` is always the last day. */
export const SPANS = { "15m": 15 * 60, "1h": 3_600, "24h": 86_400, "7d": 7 * 86_400, "30d": 30 * 86_400 } as const;
export type Span = keyof typeof SPANS;

const isSpan = (text: string): text is Span => text in SPANS;
const LONGEST = 500;

/** What a URL says, without what makes no sense. */
export function readSearch(search: Record<string, unknown>): EventSearch {
  const read: EventSearch = {};
  for (const name of FILTERS) {
    const value = search[name];
    const text = typeof value === "string" || typeof value === "number" ? String(value).trim().slice(0, LONGEST) : "";
    if (text !== "" && isValid(name, text)) read[name] = text;
  }
  // Each app has fields of its own.
  if (!read.app_slug) delete read.field;
  return read;
}

function isValid(name: FilterName, text: string): boolean {
  if (name === "status") return (STATUSES as readonly string[]).includes(text);
  if (name === "outbound_status") return /^[1-5]\d\d$/.test(text);
  if (name === "field") return /.:./.test(text);
  if (name === "since" || name === "until") return isSpan(text) || !Number.isNaN(Date.parse(text));
  return true;
}

/** What the API is asked; a moving time begins at a whole minute, so that the same question is asked for a while. */
export function queryOf(search: EventSearch, now: number): EventQuery {
  const query: EventQuery = {};
  for (const name of FILTERS) {
    const value = search[name];
    if (value) query[name] = name === "since" || name === "until" ? instant(value, now) : value;
  }
  return query;
}

function instant(text: string, now: number): string {
  if (!isSpan(text)) return new Date(Date.parse(text)).toISOString();
  const minute = Math.floor(now / 60_000) * 60_000;
  return new Date(minute - SPANS[text] * 1_000).toISOString();
}

export const isFiltered = (search: EventSearch): boolean => FILTERS.some((name) => search[name]);

/** What someone typed into the search box: `status:failed type:prediction.* words`, or an id of an event. */
export function readTyped(text: string): { search: EventSearch; eventId?: string } {
  const id = /^\s*(evt_[0-9a-z]{20,40})\s*$/i.exec(text)?.[1];
  if (id) return { search: {}, eventId: id };
  const search: Record<string, string> = {};
  const rest = text.replace(/(?:^|\s)([a-z_]+):("[^"]*"|\S+)/gi, (whole, word: string, value: string) => {
    const name = WORDS[word.toLowerCase()];
    const plain = value.replace(/^"|"$/g, "");
    if (!name || !isValid(name, plain)) return whole;
    search[name] = plain;
    return " ";
  });
  const free = rest.trim().replace(/\s+/g, " ");
  if (free) search["q"] = free;
  return { search: readSearch(search) };
}

const WORDS: Record<string, FilterName> = {
  status: "status",
  is: "status",
  app: "app_slug",
  app_slug: "app_slug",
  source: "source",
  from: "source",
  type: "event_type",
  event_type: "event_type",
  field: "field",
  since: "since",
  after: "since",
  until: "until",
  before: "until",
  http: "outbound_status",
  code: "outbound_status",
  outbound_status: "outbound_status",
  provider: "provider_id",
  provider_id: "provider_id",
};

/** Query strings in which every value is plain text, so that people can write them by hand. */
export const parseSearch = (text: string): Record<string, string> =>
  Object.fromEntries(new URLSearchParams(text.startsWith("?") ? text.slice(1) : text));

export function stringifySearch(search: Record<string, unknown>): string {
  const given = Object.entries(search).filter(([, value]) => value !== undefined && value !== null && value !== "");
  const text = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  return text === "" ? "" : `?${text.replaceAll("%3A", ":").replaceAll("%2C", ",")}`;
}
