import { describe, expect, it } from "vitest";
import type { Event } from "@/api/queries";
import { byApp, counted, fixOf, kindOf, withVerified } from "./reasons";

const event = (id: string, appSlug: string | null): Event => ({ id, appSlug }) as Event;

describe("rejected requests", () => {
  it("are grouped by app, the one with the newest first", () => {
    const groups = byApp([event("3", "b"), event("2", "a"), event("1", "b"), event("0", null)]);
    expect(groups.map(({ slug, events }) => [slug, events.map((it) => it.id)])).toEqual([
      ["b", ["3", "1"]],
      ["a", ["2"]],
      [null, ["0"]],
    ]);
  });

  it("keep a place for what was verified, once nothing of it is rejected", () => {
    const slugs = (verified: string[]) => withVerified([event("1", "b")], verified).map((it) => it.slug);
    expect(slugs(["a", "b"])).toEqual(["a", "b"]);
    expect(slugs([])).toEqual(["b"]);
  });

  it("have their reasons counted, whatever numbers are in them", () => {
    const reasons = counted(["timestamp 12 min old", "x", "timestamp 3 min old", null, undefined]);
    expect(reasons.map(({ text, count }) => [text, count])).toEqual([
      ["timestamp 12 min old", 2],
      ["The reason is not known.", 2],
      ["x", 1],
    ]);
  });

  it("are told apart by the server's words", () => {
    for (const [reason, kind] of [
      ["signed with another secret, or changed on its way", "secret"],
      ["the token is another one than this app's secret", "secret"],
      ["signed with another secret, changed on its way, or sent to another URL than https://in.example/a", "url"],
      ["header x-hub-signature-256 missing: is this app's source right?", "source"],
      ["the body is not JSON: is this app's source right?", "source"],
      ["no signature of a version that is known here", "source"],
      ["timestamp 12 min old; at most 5 min are allowed", "time"],
      ["user 5 is not among this app's: add it to source_config.user_id, or ignore this sender", "sender"],
      ["the provider's certificate cannot be trusted: expired", "key"],
      ["the same event as evt_1, which was accepted", "repeat"],
      ["anything else", "other"],
    ] as const) {
      expect(kindOf(reason), reason).toBe(kind);
      expect(fixOf(reason, "GitHub").length).toBeGreaterThan(20);
    }
  });
});
