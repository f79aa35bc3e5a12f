import { expect, it } from "vitest";
import { rowsInView } from "./useRowsInView";

const SIZE = 37;

it("draws what is seen and a little more, however many there are", () => {
  for (let top = 0; top < 4_000; top += 13) {
    const { from, to } = rowsInView(top, 700, SIZE, 100_000);
    expect(from * SIZE).toBeLessThanOrEqual(top);
    expect(to * SIZE).toBeGreaterThanOrEqual(top + 700);
    expect(to - from).toBeLessThan(700 / SIZE + 30);
  }
});

it("stays the same while the reader scrolls by less than a row", () => {
  expect(rowsInView(1_485, 700, SIZE, 1_000)).toEqual(rowsInView(1_490, 700, SIZE, 1_000));
});

it("ends with the list", () => {
  expect(rowsInView(0, 700, SIZE, 3)).toEqual({ from: 0, to: 3 });
  expect(rowsInView(0, 700, SIZE, 0)).toEqual({ from: 0, to: 0 });
  const { from, to } = rowsInView(99_990 * SIZE, 700, SIZE, 100_000);
  expect(to).toBe(100_000);
  expect(from).toBeLessThan(to);
  // Most of it was taken away while the reader looked at its end.
  expect(rowsInView(99_990 * SIZE, 700, SIZE, 10)).toEqual({ from: 10, to: 10 });
});
