/** The live stream: one per tab, opened again when it breaks, closed while nobody looks. */
import { store } from "@/lib/store";
import { errorOf } from "./errors";
import type { Event } from "./queries";
import { signedInAgain } from "./session";
import { begin, type Reading, read } from "./sse";

export type LiveState = "live" | "connecting" | "reconnecting" | "paused" | "refused";
export type LiveChange = { kind: "event"; event: Event } | { kind: "reset" };

export const liveState = store<LiveState>("connecting");
/** Why the stream was refused. */
export const liveRefusal = store("");

const FIRST_WAIT_MS = 1_000;
const MOST_WAIT_MS = 30_000;
/** Twice what the server lets pass without a sign of life. */
const SILENCE_MS = 35_000;
/** Browsers give one host six connections: a tab that nobody looks at must not keep one. */
const HIDDEN_FOR_MS = 20_000;

const listeners = new Set<(changes: LiveChange[]) => void>();
let connection: AbortController | undefined;
let lastId = "";
let isPausedByReader = false;
let hiddenSince: ReturnType<typeof setTimeout> | undefined;

export function onLive(listener: (changes: LiveChange[]) => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Opens the stream for as long as the returned function is not called. */
export function startLive(): () => void {
  lastId = "";
  document.addEventListener("visibilitychange", looked);
  addEventListener("online", openAgain);
  if (!isPausedByReader) open();
  return () => {
    document.removeEventListener("visibilitychange", looked);
    removeEventListener("online", openAgain);
    clearTimeout(hiddenSince);
    connection?.abort();
    connection = undefined;
  };
}

export function pauseLive(): void {
  isPausedByReader = true;
  connection?.abort();
  liveState.set("paused");
}

export function resumeLive(): void {
  isPausedByReader = false;
  open();
}

function looked(): void {
  clearTimeout(hiddenSince);
  if (document.hidden) hiddenSince = setTimeout(() => connection?.abort(), HIDDEN_FOR_MS);
  else if (!isPausedByReader && (!connection || connection.signal.aborted)) open();
}

function openAgain(): void {
  if (!isPausedByReader && liveState.get() === "reconnecting") open();
}

function open(): void {
  connection?.abort();
  connection = new AbortController();
  liveState.set(lastId ? "reconnecting" : "connecting");
  void keepOpen(connection.signal);
}

async function keepOpen(signal: AbortSignal): Promise<void> {
  let wait = FIRST_WAIT_MS;
  while (!signal.aborted) {
    const ended = await follow(signal);
    if (signal.aborted) return;
    if (ended === "refused") return liveState.set("refused");
    liveState.set("reconnecting");
    wait = ended === "opened" ? FIRST_WAIT_MS : Math.min(wait * 2, MOST_WAIT_MS);
    await pause(wait * (1 + Math.random() / 4), signal);
  }
}

/** Reads one stream to its end, and says how it ended. */
async function follow(signal: AbortSignal): Promise<"opened" | "cut" | "refused"> {
  const silence = new AbortController();
  let timer = setTimeout(() => silence.abort(), SILENCE_MS);
  try {
    const headers = { accept: "text/event-stream", ...(lastId && { "last-event-id": lastId }) };
    const both = AbortSignal.any([signal, silence.signal]);
    const answer = await fetch("/api/v1/events/stream", { headers, signal: both, cache: "no-store" });
    if (!answer.ok || !answer.body) return await turnedAway(answer);
    liveState.set("live");
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    let reading: Reading = begin(lastId);
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), SILENCE_MS);
      reading = hear(reading, piece.value);
    }
    return "opened";
  } catch {
    return "cut";
  } finally {
    clearTimeout(timer);
  }
}

async function turnedAway(answer: Response): Promise<"cut" | "refused"> {
  if (answer.status === 401) return (await signedInAgain()) ? "cut" : "refused";
  if (answer.status >= 500) return "cut";
  liveRefusal.set(errorOf(answer.status, await answer.json().catch(() => undefined)).message);
  return "refused";
}

function hear(before: Reading, piece: string): Reading {
  const [reading, messages] = read(before, piece);
  lastId = reading.lastId;
  const changes = messages.flatMap(changeOf);
  if (changes.length > 0) for (const listener of listeners) listener(changes);
  return reading;
}

function changeOf({ event, data }: { event: string; data: string }): LiveChange[] {
  if (event === "reset") return [{ kind: "reset" }];
  if (event !== "event") return [];
  try {
    return [{ kind: "event", event: JSON.parse(data) as Event }];
  } catch {
    return [];
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
