/** Whether somebody is signed in, told across tabs; a call that finds the session ended waits here for the next one. */
import { store } from "@/lib/store";

type Told = "signed-in" | "signed-out" | "turned";

/** True while the dialog asks to sign in again. */
export const expired = store(false);

let wasSignedIn = false;
let waiting: ((again: boolean) => void)[] = [];
const channel = typeof BroadcastChannel === "undefined" ? undefined : new BroadcastChannel("anyhook.session");

channel?.addEventListener("message", ({ data }: MessageEvent<Told>) => {
  if (data === "signed-in") resume(true);
  // The cookie is all tabs': what this one shows is another workspace's now.
  if (data === "turned") location.assign("/");
});

export function signedIn(): void {
  wasSignedIn = true;
}

/** Resolves once somebody has signed in again, or to false if they would not. */
export function signedInAgain(): Promise<boolean> {
  if (!wasSignedIn) return Promise.resolve(false);
  expired.set(true);
  return new Promise((resolve) => waiting.push(resolve));
}

/** Lets the calls go on that wait. */
export function resume(again: boolean): void {
  expired.set(false);
  const resolved = waiting;
  waiting = [];
  for (const resolve of resolved) resolve(again);
}

export const tell = (what: Told): void => channel?.postMessage(what);

/** After signing out there is nothing to come back to. */
export function forgetSession(): void {
  wasSignedIn = false;
  resume(false);
}
