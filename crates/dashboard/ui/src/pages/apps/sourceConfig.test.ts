import { describe, expect, it } from "vitest";
import { configOf, readSetting, shownSetting } from "./sourceConfig";

describe("settings of a source", () => {
  it("are text, but for what is written as JSON", () => {
    expect(readSetting("header", " X-Signature ")).toBe("X-Signature");
    expect(readSetting("user_id", "12345")).toBe("12345");
    expect(readSetting("tolerance_seconds", "600")).toBe(600);
    expect(readSetting("dedup", '{"header": "X-Id"}')).toEqual({ header: "X-Id" });
    expect(readSetting("dedup", '"body"')).toBe("body");
    expect(readSetting("dedup", "{no json")).toBe("{no json");
  });

  it("go where they are emptied, and stay where nothing was typed", () => {
    const stored = { header: "X-A", algorithm: "sha1", unknown: true };
    expect(configOf(stored, { header: "", prefix: "v1=" })).toEqual({
      algorithm: "sha1",
      unknown: true,
      prefix: "v1=",
    });
    expect(stored.header).toBe("X-A");
  });

  it("are shown as they are written", () => {
    expect([undefined, null, "a", 5, { a: 1 }].map(shownSetting)).toEqual(["", "", "a", "5", '{"a":1}']);
  });
});
