/** The attempts of a delivery on a line, from the event to the last one. */

import type { RetryPolicy } from "@/api/calls";
import { cx } from "@/lib/cx";
import { duration } from "@/lib/format";
import { attemptTimes, delaysOf, labelled, placeOf } from "@/lib/retry";
import { usePhone } from "@/lib/useMedia";
import { destination as texts } from "@/texts/destination";

const { retries } = texts;

/** `20 s`, `27 min`, `2 d 18 h`: not more than two parts, and no seconds behind minutes. */
export const briefly = (seconds: number): string =>
  seconds >= 600 ? duration(Math.round(seconds / 60) * 60_000) : duration(seconds * 1_000);

export function RetryLine({ policy, maxAttempts }: { policy: RetryPolicy; maxAttempts: number }) {
  const isPhone = usePhone();
  const times = attemptTimes(delaysOf(policy, maxAttempts));
  const last = times.at(-1) ?? 0;
  const places = times.map((time) => placeOf(time, last));
  const hasLabel = labelled(places, isPhone ? 0.24 : 0.12);
  return (
    <figure className="m-0 grid gap-1.5">
      <figcaption className="text-sm font-medium">{retries.sum(times.length, briefly(last))}</figcaption>
      <div aria-hidden className="relative mx-3 h-14 sm:mx-6">
        <span className="absolute top-2.5 right-0 left-0 h-px bg-line-strong" />
        {times.map((time, at) => (
          <span
            // biome-ignore lint/suspicious/noArrayIndexKey: an attempt is its number.
            key={at}
            className="absolute top-0 grid -translate-x-1/2 justify-items-center gap-1"
            style={{ left: `${(places[at] ?? 0) * 100}%` }}
          >
            <span className="grid h-5 place-items-center">
              <span
                className={cx(
                  "size-2.5 rounded-full ring-2 ring-raised",
                  at === 0 ? "bg-accent" : at === times.length - 1 ? "bg-text" : "bg-faint",
                )}
              />
            </span>
            {hasLabel[at] && (
              <span className="text-center text-xs whitespace-nowrap text-muted tabular-nums">
                {time === 0 ? retries.now : briefly(time)}
              </span>
            )}
          </span>
        ))}
      </div>
      <ol className="sr-only" aria-label={retries.line}>
        {times.map((time, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: an attempt is its number.
          <li key={at}>{time === 0 ? retries.now : retries.after(briefly(time))}</li>
        ))}
      </ol>
      <p className="text-sm text-pretty text-muted">{retries.jitter}</p>
    </figure>
  );
}
