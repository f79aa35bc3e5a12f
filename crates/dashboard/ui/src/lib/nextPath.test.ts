import { expect, it } from "vitest";
import { nextPath } from "@/lib/nextPath";

it("goes on to our own pages only", () => {
  expect(nextPath("/events?status=failed#x")).toBe("/events?status=failed#x");
  for (const evil of ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)", undefined]) {
    expect(nextPath(evil)).toBe("/");
  }
});
