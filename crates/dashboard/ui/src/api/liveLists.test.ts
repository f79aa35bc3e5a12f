import { describe, expect, it } from "vitest";
import { isListed, merged, type Pages } from "./liveLists";
import type { Event } from "./queries";

const event = (n: number, more: Partial<Event> = {}): Event =>
  ({
    id: `evt_${String(n).padStart(3, "0")}`,
    receivedAt: new Date(1_700_000_000_000 + n * 1_000).toISOString(),
    status: "success",
    source: "stripe",
    eventType: "invoice.paid",
    appSlug: "app",
    attempt: 1,
    deliveryAttempts: 1,
    ...more,
  }) as Event;

const pages = (...lists: Event[][]): Pages => ({
  pages: lists.map((events, at) => ({ events, nextCursor: at < lists.length - 1 ? "x" : null })),
  pageParams: lists.map(String),
});
const ids = (list: Pages) => list.pages.flatMap((page) => page.events.map((it) => it.id));

describe("the live list", () => {
  it("puts what is new first, once", () => {
    const before = pages([event(3), event(2)], [event(1)]);
    const after = merged(before, [event(5), event(4), event(3)], {});
    expect(ids(after)).toEqual(["evt_005", "evt_004", "evt_003", "evt_002", "evt_001"]);
    expect(after.pages[1]).toBe(before.pages[1]);
  });

  it("changes a row in its place, even if the filter would not take it any more", () => {
    const before = pages([event(3, { status: "failed" }), event(2, { status: "failed" })]);
    const after = merged(before, [event(2, { status: "success" }), event(9)], { status: "failed" });
    expect(after.pages[0]?.events.map((it) => it.status)).toEqual(["failed", "success"]);
  });

  it("leaves to later pages what belongs there", () => {
    const open: Pages = { pages: [{ events: [event(9), event(8)], nextCursor: "x" }], pageParams: [""] };
    expect(ids(merged(open, [event(3)], {}))).toEqual(["evt_009", "evt_008"]);
    expect(ids(merged(pages([event(9)]), [event(3)], {}))).toEqual(["evt_009", "evt_003"]);
  });

  it("says whether an event belongs on a list, where it can", () => {
    const one = event(1, { outboundStatus: 500 });
    expect(isListed(one, { event_type: "invoice.*", outbound_status: "500", source: "stripe" })).toBe(true);
    expect(isListed(one, { event_type: "invoice" })).toBe(false);
    expect(isListed(one, { since: one.receivedAt })).toBe(true);
    expect(isListed(one, { until: one.receivedAt })).toBe(false);
    expect(isListed(one, { q: "x" })).toBeNull();
    expect(isListed(one, { field: "/id:x" })).toBeNull();
    expect(isListed(one, { q: "x", status: "failed" })).toBe(false);
  });
});
