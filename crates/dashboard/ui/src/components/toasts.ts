/** Short messages about what has just happened. */
import { store } from "@/lib/store";

export interface Toast {
  id: number;
  tone: "good" | "bad" | "plain";
  text: string;
  action?: { label: string; run(): void };
}

const MOST = 4;
const SHOWN_FOR_MS = 6_000;
let last = 0;

export const toasts = store<Toast[]>([]);

export function toast(said: Omit<Toast, "id">): void {
  last += 1;
  const id = last;
  toasts.set([...toasts.get().slice(1 - MOST), { ...said, id }]);
  // What went wrong, or can be acted on, stays until it is dismissed.
  if (said.tone !== "bad" && !said.action) setTimeout(() => dismiss(id), SHOWN_FOR_MS);
}

export const dismiss = (id: number): void => toasts.set(toasts.get().filter((it) => it.id !== id));
