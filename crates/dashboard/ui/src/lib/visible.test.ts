import { describe, expect, it } from "vitest";
import { pieces, visible } from "./visible";

describe("what cannot be seen", () => {
  it("is named", () => {
    expect(visible("abc\u202Eexe.gpj")).toBe("abcU+202Eexe.gpj");
    expect(visible("pay\u200Bpal\u0000\uFEFF\u{E0041}")).toBe("payU+200BpalU+0000U+FEFFU+E0041");
  });

  it("leaves everything else as it is", () => {
    const text = "Grüße, 日本語, עברית, 🎉\n\ttab";
    expect(pieces(text)).toEqual([{ text, isMark: false }]);
    expect(pieces("")).toEqual([{ text: "", isMark: false }]);
  });

  it("is found wherever it stands", () => {
    expect(pieces("\u202Ea\u202E").map((it) => it.isMark)).toEqual([true, false, true]);
  });
});
