import { describe, expect, it } from "vitest";
import { Exact, parse, pretty, rowsOf } from "./json";

const all = { isOpen: () => true, shown: () => 100 };

describe("JSON", () => {
  it("keeps numbers that would be rounded, where the browser says how they were written", () => {
    const value = parse('{"id":12345678901234567890,"small":12}') as Record<string, unknown>;
    expect(value["small"]).toBe(12);
    // Older engines do not say it.
    if (value["id"] instanceof Exact) expect(value["id"].text).toBe("12345678901234567890");
  });

  it("is none where it is none", () => {
    expect(parse("{")).toBeUndefined();
    expect(parse("null")).toBeNull();
  });

  it("may be as deep as a sender likes", () => {
    const value = parse("[".repeat(50_000) + "]".repeat(50_000));
    expect(rowsOf(value, all)).toHaveLength(50_000);
    expect(rowsOf(value, { ...all, isOpen: (_, level) => level <= 2 })).toHaveLength(3);
  });

  it("has rows in their order, and only those that are asked for", () => {
    const value = parse(`{"a":[1,2],"b":{"c":null},"d":[${Array.from({ length: 500 }, (_, at) => at)}]}`);
    const rows = rowsOf(value, all);
    expect(rows.slice(0, 7).map((it) => [it.level, it.name])).toEqual([
      [1, null],
      [2, "a"],
      [3, "0"],
      [3, "1"],
      [2, "b"],
      [3, "c"],
      [2, "d"],
    ]);
    expect(rows.at(-1)?.hidden?.count).toBe(400);
    expect(rows).toHaveLength(7 + 100 + 1);
  });

  it("is compared with its names in order", () => {
    expect(pretty('{"b":1,"a":{"d":1,"c":2}}', true)).toBe(pretty('{"a":{"c":2,"d":1},"b":1}', true));
    expect(pretty("nonsense")).toBeUndefined();
  });
});
