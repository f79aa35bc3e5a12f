import { describe, expect, it } from "vitest";
import { bodyOf, hexDump, kindOf, mediaIn, readable } from "./body";

const text = (body: string, type = "") => kindOf(bodyOf(body, "utf8", type));
const binary = (bytes: number[], type = "") => bodyOf(btoa(String.fromCharCode(...bytes)), "base64", type);

describe("bodies", () => {
  it("are what they say or look like", () => {
    expect(text('{"a":1}')).toBe("json");
    expect(text("a=1", "application/json; charset=utf-8")).toBe("json");
    expect(text("<a/>", "text/plain")).toBe("xml");
    expect(text("a=1&b=2", "application/x-www-form-urlencoded")).toBe("form");
    expect(text("", "application/json")).toBe("empty");
    expect(kindOf(binary([0xff, 0xfe]))).toBe("binary");
    expect(kindOf(binary([0x89, 0x50], "image/png"))).toBe("image");
  });

  it("can be read even if they are no UTF-8", () => {
    const bytes = new Uint8Array([0x7b, 0xff, 0xc3, 0xa9, 0xe2, 0x82, 0xf0, 0x9f, 0x8e, 0x89, 0xc0, 0x80]);
    expect(readable(bytes, 100)).toBe("{\\xffé\\xe2\\x82🎉\\xc0\\x80");
    expect(readable(bytes, 1)).toBe("{");
  });

  it("can be read as bytes", () => {
    expect(hexDump(new TextEncoder().encode("<b>\n"), 100)).toMatch(/^00000000 {2}3c 62 3e 0a +<b>\.$/);
  });

  it("hold pictures and link to them, which is not the same", () => {
    const found = mediaIn({
      output: ["https://replicate.delivery/x/out-0", "data:image/png;base64,AAAA"],
      page: "https://example.com/about",
      film: "https://example.com/a.mp4?x=1",
      bad: "javascript:alert(1)//.png",
      html: "data:text/html,<script>alert(1)</script>",
    });
    expect(found.map((it) => [it.kind, it.path])).toEqual([
      ["link", "film"],
      ["link", "output[0]"],
      ["image", "output[1]"],
    ]);
  });
});
