import { describe, expect, it } from "vitest";
import { diff, folded } from "./diff";

const shown = (a: string, b: string) =>
  diff(a.split(""), b.split(""))
    .map(({ kind, text }) => `${{ same: " ", added: "+", removed: "-" }[kind]}${text}`)
    .join("");

describe("diff", () => {
  it("finds the shortest way", () => {
    expect(shown("abc", "abc")).toBe(" a b c");
    expect(shown("abc", "axc")).toBe(" a-b+x c");
    expect(shown("", "ab")).toBe("+a+b");
    expect(shown("ab", "")).toBe("-a-b");
    expect(shown("abcabba", "cbabac").match(/[+-]/g)).toHaveLength(5);
  });

  it("gives both sides back, whatever they are", () => {
    for (let seed = 1; seed < 200; seed += 1) {
      const text = (salt: number) =>
        Array.from({ length: (seed * salt) % 23 }, (_, at) => String((at * seed * salt) % 4));
      const [a, b] = [text(7), text(11)];
      const lines = diff(a, b);
      expect(lines.filter((it) => it.kind !== "added").map((it) => it.text)).toEqual(a);
      expect(lines.filter((it) => it.kind !== "removed").map((it) => it.text)).toEqual(b);
      for (const line of lines) {
        if (line.before) expect(a[line.before - 1]).toBe(line.text);
        if (line.after) expect(b[line.after - 1]).toBe(line.text);
      }
    }
  });

  it("gives up where all is different, and is quick about it", () => {
    const lines = diff(
      Array.from({ length: 20_000 }, (_, at) => `a${at}`),
      Array.from({ length: 20_000 }, (_, at) => `b${at}`),
    );
    expect(lines).toHaveLength(40_000);
  });

  it("folds what is alike", () => {
    const alike = Array.from({ length: 20 }, (_, at) => `${at}`);
    const lines = folded(diff(alike, [...alike.slice(0, 10), "x", ...alike.slice(10)]), 2);
    expect(lines.map((it) => (it.kind === "gap" ? `…${it.count}` : it.text))).toEqual([
      "…8",
      "8",
      "9",
      "x",
      "10",
      "11",
      "…8",
    ]);
    expect(folded(diff(alike, alike))).toEqual([]);
  });
});
