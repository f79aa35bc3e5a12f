import { describe, expect, it } from "vitest";
import { bytes, clock, duration, exact, percent, relative, shortened } from "./format";

const NOW = Date.parse("2026-11-21T12:00:00Z");
const S = 1_000;

describe("formats", () => {
  it("tell how long ago something was", () => {
    const texts = [0, -9, 9, -45, -60, -3_599, -7_200, -90_000, 240].map((s) => relative(NOW + s * S, NOW));
    expect(texts).toEqual(["just now", "just now", "now", "45s ago", "1m ago", "59m ago", "2h ago", "1d ago", "in 4m"]);
  });

  it("tell the exact time in the reader's zone", () => {
    expect(exact(NOW, "Europe/Berlin")).toContain("13:00:00.000");
    expect(clock(NOW - 60 * S, NOW, "UTC")).toBe("11:59:00");
    expect(clock(NOW - 86_400 * S, NOW, "UTC")).toBe("20 Nov 12:00");
  });

  it("tell how long something took", () => {
    const texts = [0, 999, 1_000, 9_949, 59_400, 250_000, 300_000, 7_380_000, 90_000_000].map(duration);
    expect(texts).toEqual(["0 ms", "999 ms", "1.0 s", "9.9 s", "59 s", "4 min 10 s", "5 min", "2 h 3 min", "1 d 1 h"]);
  });

  it("tell how large something is", () => {
    expect([0, 1_023, 1_536, 10_485_760].map(bytes)).toEqual(["0 B", "1023 B", "1.5 KiB", "10 MiB"]);
  });

  it("say 100 % of nothing but all", () => {
    expect(percent(99_999, 100_000)).toBe("99.99 %");
    expect([percent(1, 1), percent(1, 2), percent(0, 0)]).toEqual(["100 %", "50 %", "–"]);
  });

  it("keep a text's beginning and end", () => {
    expect(shortened("evt_01m7zn12bxfy7bz1pgc4k53jd8", 14)).toHaveLength(14);
    expect(shortened("short", 14)).toBe("short");
  });
});
