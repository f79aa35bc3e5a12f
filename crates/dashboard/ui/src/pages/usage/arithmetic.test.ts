import { describe, expect, it } from "vitest";
import { barOf, isNear, monthName, months, projected } from "./arithmetic";

describe("the bar", () => {
  it("ends at the plan, and beyond it at twice the plan", () => {
    expect(barOf({ events: 750, limit: 3_000 })).toEqual({ filled: 0.25, limitAt: 1 });
    expect(barOf({ events: 3_000, limit: 3_000 })).toEqual({ filled: 1, limitAt: 1 });
    expect(barOf({ events: 4_500, limit: 3_000 })).toEqual({ filled: 0.75, limitAt: 0.5 });
    expect(barOf({ events: 90_000, limit: 3_000 })).toEqual({ filled: 1, limitAt: 0.5 });
  });

  it("stands for a plan without a number, and for one that takes nothing", () => {
    expect(barOf({ events: 5, limit: null })).toEqual({ filled: 0, limitAt: 1 });
    expect(barOf({ events: 0, limit: 0 })).toEqual({ filled: 1, limitAt: 1 });
  });

  it("is nearly full from four fifths on", () => {
    expect([2_399, 2_400, 3_000, 3_001].map((events) => isNear({ events, limit: 3_000 }))).toEqual([
      false,
      true,
      true,
      false,
    ]);
    expect(isNear({ events: 9, limit: null })).toBe(false);
  });
});

describe("the projection", () => {
  const at = (text: string) => Date.parse(text);

  it("goes on at the same pace, to two digits", () => {
    expect(projected(1_000, "2026-11", at("2026-11-16T00:00:00Z"))).toBe(2_000);
    expect(projected(1_234, "2026-11", at("2026-11-21T12:00:00Z"))).toBe(1_800);
    expect(projected(3, "2026-11", at("2026-11-16T00:00:00Z"))).toBe(6);
  });

  it("is none where it is too early, the month is over, or nothing came", () => {
    expect(projected(10, "2026-11", at("2026-11-01T05:00:00Z"))).toBeNull();
    expect(projected(10, "2026-11", at("2026-12-02T00:00:00Z"))).toBeNull();
    expect(projected(0, "2026-11", at("2026-11-16T00:00:00Z"))).toBeNull();
    expect(projected(10, "nonsense", at("2026-11-16T00:00:00Z"))).toBeNull();
  });
});

describe("months", () => {
  it("are the last ones in order, over the year's end, empty ones too", () => {
    const history = [
      { month: "2026-02", events: 5 },
      { month: "2025-12", events: 7 },
    ];
    expect(months(history, "2026-02", 4)).toEqual([
      ["2025-11", 0],
      ["2025-12", 7],
      ["2026-01", 0],
      ["2026-02", 5],
    ]);
  });

  it("have names", () => {
    expect([monthName("2026-11"), monthName("2026-11", true)]).toEqual(["November 2026", "Nov"]);
  });
});
