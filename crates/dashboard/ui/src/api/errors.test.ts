import { describe, expect, it } from "vitest";
import { common } from "@/texts/common";
import { errorOf, sentenceOf } from "./errors";

describe("errors", () => {
  it("keep the API's words", () => {
    const error = errorOf(400, { error: "Give a name.", code: "invalid_field", field: "tenant.name" }, "7");
    expect(error).toMatchObject({
      message: "Give a name.",
      code: "invalid_field",
      field: "tenant.name",
      retryAfterSeconds: 7,
    });
  });

  it("have a sentence whatever came", () => {
    for (const body of [undefined, null, "<html>", { error: 5 }]) {
      expect(errorOf(502, body).message).toBe(common.unexpected);
    }
    expect(sentenceOf(new TypeError("x"))).toBe(common.unexpected);
  });
});
