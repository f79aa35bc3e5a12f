/** Calls that many are made of: where the server asks for a pause, they wait and go on. */
import { ApiError } from "@/api/errors";

const MOST_TRIES = 20;
const SHORTEST_MS = 1_000;

export async function patiently<T>(call: () => Promise<T>, isStopped: () => boolean): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 429 || tries >= MOST_TRIES || isStopped()) throw error;
      const wait = Math.max((error.retryAfterSeconds ?? 0) * 1_000, SHORTEST_MS);
      await new Promise((resolve) => setTimeout(resolve, wait));
      if (isStopped()) throw error;
    }
  }
}
