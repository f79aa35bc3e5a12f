import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { type Sent, snippet } from "./snippets";

const EVIL = `it's "quoted" \\ $(touch /tmp/x) \`id\` \${a}\n\u202E\u0007 é 🎉`;
const sent: Sent = {
  method: "POST",
  url: "https://in.example/acme/app?a=1&b='2'",
  headers: [
    { name: "Content-Type", value: "application/json" },
    { name: "Host", value: "elsewhere" },
    { name: "Content-Length", value: "1" },
    { name: "X-Evil", value: "a'b" },
  ],
  body: EVIL,
  file: "evt_1",
};

/** What a shell makes of the command's words. */
const words = (command: string): string[] =>
  execFileSync("bash", ["--norc", "-c", `curl() { printf '%s\\0' "$@"; }; ${command}`], {
    encoding: "utf8",
    env: { LC_ALL: "C.UTF-8" },
  })
    .split("\0")
    .slice(0, -1);

describe("snippets", () => {
  it("are commands in which nothing gets out of its quotes", () => {
    expect(words(snippet("curl", sent))).toEqual([
      "-X",
      "POST",
      sent.url,
      "-H",
      "Content-Type: application/json",
      "-H",
      "X-Evil: a'b",
      "--data-binary",
      EVIL,
    ]);
  });

  it("are code in which nothing gets out of its quotes", () => {
    const literal = /body: (".*"),$/m.exec(snippet("javascript", sent))?.[1] ?? "";
    expect(JSON.parse(literal)).toBe(EVIL);
    expect(snippet("python", sent)).toContain(`data=${literal}.encode()`);
    expect(snippet("javascript", sent)).not.toMatch(/[\u202e\u0007]/);
  });

  it("send a file where the body is no text, and nothing where there is none", () => {
    expect(words(snippet("curl", { ...sent, body: null }))).toContain("@evt_1");
    expect(words(snippet("curl", { ...sent, body: "" }))).not.toContain("--data-binary");
  });
});
