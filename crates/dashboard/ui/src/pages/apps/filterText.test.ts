import { describe, expect, it } from "vitest";
import { exampleFor, filterText, patternsOf, readFilter } from "./filterText";

describe("a filter", () => {
  it("stands in the editor as it can be read", () => {
    expect(filterText(null)).toBe("");
    expect(filterText({ body: { a: 1 } })).toBe('{\n  "body": {\n    "a": 1\n  }\n}');
    expect(filterText('{"a":1}')).toBe('{\n  "a": 1\n}');
    expect(filterText("{no json")).toBe("{no json");
  });

  it("is none where nothing is written", () => {
    expect(readFilter("  \n")).toEqual({ filter: null });
  });

  it("is an object, or there is a sentence about it", () => {
    expect(readFilter('{"body":{"a":1}}')).toEqual({ filter: { body: { a: 1 } } });
    for (const text of ["[1]", "5", '"a"', "null", "{", '{"a":}']) {
      const read = readFilter(text);
      expect("problem" in read && read.problem.length > 20, text).toBe(true);
    }
  });

  it("has an example for every source that is itself a filter", () => {
    for (const source of ["stripe", "replicate", "github", "anything"]) {
      const text = filterText(exampleFor(source));
      expect(readFilter(text)).toEqual({ filter: exampleFor(source) });
    }
  });

  it("takes a pattern from each line", () => {
    expect(patternsOf("invoice.*\n\n  charge.failed \n")).toEqual(["invoice.*", "charge.failed"]);
  });
});
