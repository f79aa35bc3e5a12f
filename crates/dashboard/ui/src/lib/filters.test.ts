import { describe, expect, it } from "vitest";
import { parseSearch, queryOf, readSearch, readTyped, stringifySearch } from "./filters";

const NOW = Date.parse("2026-11-21T12:00:30.500Z");

describe("filters in the address", () => {
  it("come back as they were written", () => {
    const search = { status: "failed", app_slug: "my app", event_type: "invoice.*", since: "24h", q: "a&b=c +#%" };
    expect(readSearch(parseSearch(stringifySearch(search)))).toEqual(search);
  });

  it("leave out what makes no sense", () => {
    expect(readSearch({ status: "broken", outbound_status: "9", since: "yesterday-ish", x: "y", q: " " })).toEqual({});
    expect(readSearch({ outbound_status: 500, q: "x".repeat(900) })).toEqual({
      outbound_status: "500",
      q: "x".repeat(500),
    });
  });

  it("name a field only where they name the app that has it", () => {
    expect(readSearch({ field: "/customer:cus_1" })).toEqual({});
    expect(readTyped('app:shop field:"/customer:cus 1"').search).toEqual({
      app_slug: "shop",
      field: "/customer:cus 1",
    });
    expect(readSearch({ app_slug: "shop", field: "/customer" })).toEqual({ app_slug: "shop" });
  });

  it("can be written by hand, without quotes", () => {
    expect(stringifySearch({ status: "failed", since: "2026-11-21T00:00:00Z", q: undefined })).toBe(
      "?status=failed&since=2026-11-21T00:00:00Z",
    );
    expect(stringifySearch({})).toBe("");
  });
});

describe("filters for the API", () => {
  it("have instants in place of moving times, which stand still for a minute", () => {
    expect(queryOf({ since: "1h", status: "failed" }, NOW)).toEqual({
      since: "2026-11-21T11:00:00.000Z",
      status: "failed",
    });
    expect(queryOf({ since: "1h" }, NOW + 20_000)).toEqual(queryOf({ since: "1h" }, NOW));
    expect(queryOf({ until: "2026-11-21T01:00:00+02:00" }, NOW)).toEqual({ until: "2026-11-20T23:00:00.000Z" });
  });
});

describe("what is typed", () => {
  it("is read word by word", () => {
    expect(readTyped('status:failed type:"invoice paid" http:500 no such host').search).toEqual({
      status: "failed",
      event_type: "invoice paid",
      outbound_status: "500",
      q: "no such host",
    });
  });

  it("leaves alone what only looks like a filter", () => {
    expect(readTyped("https://example.com:8080 status:nonsense").search).toEqual({
      q: "https://example.com:8080 status:nonsense",
    });
  });

  it("may be the id of an event", () => {
    expect(readTyped(" evt_01m7zn12bxfy7bz1pgc4k53jd8 ").eventId).toBe("evt_01m7zn12bxfy7bz1pgc4k53jd8");
    expect(readTyped("evt_1").eventId).toBeUndefined();
  });
});
