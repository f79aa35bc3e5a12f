import { describe, expect, it } from "vitest";
import { begin, type Message, read } from "./sse";

const STREAM =
  'id: 7\nretry: 3000\n\n: a comment\n\nevent: event\nid: 8\ndata: {"a":\ndata: 1}\n\nevent: reset\r\ndata: {}\r\n\r\n';

function cut(at: number[]): [Message[], ReturnType<typeof begin>] {
  let reading = begin();
  const all: Message[] = [];
  let from = 0;
  for (const to of [...at, STREAM.length]) {
    const [next, messages] = read(reading, STREAM.slice(from, to));
    reading = next;
    all.push(...messages);
    from = to;
  }
  return [all, reading];
}

describe("a stream", () => {
  it("is read the same wherever it is cut", () => {
    const [whole, reading] = cut([]);
    expect(whole).toEqual([
      { id: "8", event: "event", data: '{"a":\n1}' },
      { id: "8", event: "reset", data: "{}" },
    ]);
    expect(reading).toMatchObject({ lastId: "8", retryMs: 3_000, rest: "" });
    for (let at = 1; at < STREAM.length; at += 1) expect(cut([at])[0]).toEqual(whole);
  });

  it("remembers an id that came without a message", () => {
    expect(read(begin(), "id: 7\n\n")[0].lastId).toBe("7");
  });
});
