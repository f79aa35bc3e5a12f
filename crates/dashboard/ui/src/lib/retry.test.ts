import { describe, expect, it } from "vitest";
import { attemptTimes, DEFAULT_POLICY, delaysOf, labelled, placeOf, readDelays, writeDelay } from "./retry";

const growing = (first_delay_seconds: number, factor: number, max_delay_seconds: number) => ({
  first_delay_seconds,
  factor,
  max_delay_seconds,
});

describe("delays", () => {
  it("are those of the server by default", () => {
    expect(delaysOf(DEFAULT_POLICY, 11)).toEqual([20, 60, 180, 540, 1620, 4860, 14580, 43740, 86400, 86400]);
  });

  it("grow up to the longest, or follow the list, whose last is repeated", () => {
    expect(delaysOf(growing(10, 1.5, 20), 5)).toEqual([10, 15, 20, 20]);
    expect(delaysOf({ delays_seconds: [5, 60] }, 5)).toEqual([5, 60, 60, 60]);
  });

  it("are none for a single attempt, and bounded whatever is typed", () => {
    expect(delaysOf(DEFAULT_POLICY, 1)).toEqual([]);
    expect(delaysOf(DEFAULT_POLICY, 0)).toEqual([]);
    expect(delaysOf(growing(86_400, 10, 86_400), 1_000_000)).toHaveLength(49);
    expect(delaysOf(growing(86_400, 10, 86_400), 50).every((delay) => delay === 86_400)).toBe(true);
  });

  it("add up to the times of the attempts", () => {
    expect(attemptTimes([20, 60])).toEqual([0, 20, 80]);
    expect(attemptTimes([])).toEqual([0]);
  });
});

describe("the line", () => {
  it("begins at 0, ends at 1, and keeps the order", () => {
    const times = attemptTimes(delaysOf(DEFAULT_POLICY, 11));
    const last = times.at(-1) ?? 0;
    const places = times.map((time) => placeOf(time, last));
    expect(places[0]).toBe(0);
    expect(places.at(-1)).toBeCloseTo(1);
    expect([...places].sort((a, b) => a - b)).toEqual(places);
    expect(places[1]).toBeGreaterThan(0.02);
  });

  it("has one point where there is one attempt", () => {
    expect(placeOf(0, 0)).toBe(0);
  });

  it("labels what has room, and the last always", () => {
    expect(labelled([0, 0.05, 0.3, 0.95, 1], 0.1)).toEqual([true, false, true, false, true]);
    expect(labelled([0], 0.1)).toEqual([true]);
    expect(labelled([], 0.1)).toEqual([]);
  });
});

describe("typed delays", () => {
  it("are read with their units", () => {
    expect(readDelays("20, 1m 3m; 2h,1d 5min 7S")).toEqual([20, 60, 180, 7200, 86_400, 300, 7]);
  });

  it("are none where something is no time", () => {
    for (const text of ["", " , ", "soon", "1.5m", "-5", "5w", "1m x"]) expect(readDelays(text)).toBeNull();
  });

  it("are read back as they were written", () => {
    for (const seconds of [1, 20, 60, 90, 3_600, 5_400, 86_400]) {
      expect(readDelays(writeDelay(seconds))).toEqual([seconds]);
    }
  });
});
