/** Server-sent events, read from pieces of text as they come. */

export interface Message {
  id: string;
  event: string;
  data: string;
}

export interface Reading {
  /** What has come of a line that is not whole yet. */
  rest: string;
  event: string;
  data: string[];
  /** The last id that was told; a stream that is opened again goes on from it. */
  lastId: string;
  /** Milliseconds to wait before opening again, where the server said so. */
  retryMs: number | undefined;
}

export const begin = (lastId = ""): Reading => ({ rest: "", event: "", data: [], lastId, retryMs: undefined });

/** Takes the next piece, and gives what is whole with it. */
export function read(before: Reading, piece: string): [Reading, Message[]] {
  const text = before.rest + piece;
  // A carriage return at the very end may be half of a line's end.
  const isHalf = text.endsWith("\r");
  const lines = (isHalf ? text.slice(0, -1) : text).split(/\r\n|\n|\r/);
  const reading = { ...before, data: [...before.data], rest: (lines.pop() ?? "") + (isHalf ? "\r" : "") };
  const messages: Message[] = [];
  for (const line of lines) {
    if (line !== "") {
      take(reading, line);
      continue;
    }
    if (reading.data.length > 0) {
      messages.push({ id: reading.lastId, event: reading.event || "message", data: reading.data.join("\n") });
    }
    reading.event = "";
    reading.data = [];
  }
  return [reading, messages];
}

function take(reading: Reading, line: string): void {
  const colon = line.indexOf(":");
  if (colon === 0) return;
  const name = colon < 0 ? line : line.slice(0, colon);
  const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
  if (name === "event") reading.event = value;
  else if (name === "data") reading.data.push(value);
  else if (name === "id" && !value.includes("\0")) reading.lastId = value;
  else if (name === "retry" && /^\d+$/.test(value)) reading.retryMs = Number(value);
}
