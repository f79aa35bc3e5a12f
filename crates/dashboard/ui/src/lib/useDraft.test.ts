import { describe, expect, it } from "vitest";
import { changesOf, overtakenIn } from "./useDraft";

const stored = { name: "Stripe", slug: "stripe", fields: ["a"] };

describe("a draft", () => {
  it("changes only what is another than what is stored", () => {
    expect(changesOf(stored, { name: "Stripe", slug: "stripe-live", fields: ["a"] })).toEqual({ slug: "stripe-live" });
    expect(changesOf(stored, {})).toEqual({});
  });

  it("is overtaken where a typed member was changed by somebody else", () => {
    const begun = { slug: "old" };
    expect(overtakenIn(stored, { typed: { slug: "mine" }, begun })).toEqual(["slug"]);
  });

  it("is not overtaken by others' members, nor by the same change", () => {
    expect(overtakenIn(stored, { typed: { slug: "mine" }, begun: { slug: "stripe" } })).toEqual([]);
    expect(overtakenIn(stored, { typed: { slug: "stripe" }, begun: { slug: "old" } })).toEqual([]);
  });
});
