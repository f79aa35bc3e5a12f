/** When something was: relative, exact on hover and focus, in the reader's zone. */
import { memo, useSyncExternalStore } from "react";
import { clock, exact, relative } from "@/lib/format";
import { Tip } from "./Tip";

const TICK_MS = 5_000;
let now = Date.now();
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(tick, TICK_MS);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
  };
}

function tick(): void {
  now = Date.now();
  for (const listener of listeners) listener();
}

/** The present, told anew every few seconds, to whoever shows what depends on it. */
export const useNow = (): number => useSyncExternalStore(subscribe, () => now);

/** A text that depends on the present; what shows it is drawn again only when the text is another. */
const useText = (make: (now: number) => string): string => useSyncExternalStore(subscribe, () => make(now));

interface Props {
  at: string | number;
  /** `clock`: the time of day, for dense tables. */
  form?: "relative" | "clock";
  className?: string;
  /** Without a stop of its own for the keyboard, where the row has one. */
  isBare?: boolean;
}

export const Time = memo(function Time({ at, form = "relative", className, isBare }: Props) {
  const instant = typeof at === "number" ? at : Date.parse(at);
  const text = useText((present) => {
    const is = Math.max(present, Date.now() - TICK_MS);
    return form === "clock" ? clock(instant, is) : relative(instant, is);
  });
  if (Number.isNaN(instant)) return null;
  const iso = new Date(instant).toISOString();
  if (isBare) {
    return (
      <time dateTime={iso} title={exact(instant)} className={className}>
        {text}
      </time>
    );
  }
  return (
    <Tip text={exact(instant)}>
      <time dateTime={iso} className={className} tabIndex={0}>
        {text}
      </time>
    </Tip>
  );
});
