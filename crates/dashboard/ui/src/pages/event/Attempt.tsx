/** One attempt: how it ended, where its time went, what the handler answered. */
import { CircleCheck, CircleX } from "lucide-react";
import { useMemo, useState } from "react";
import type { Attempt as Made } from "@/api/queries";
import { Plain } from "@/components/Plain";
import { HttpStatus } from "@/components/Status";
import { Time } from "@/components/Time";
import { bodyOf } from "@/lib/body";
import { cx } from "@/lib/cx";
import { duration } from "@/lib/format";
import { event } from "@/texts/event";
import { Headers } from "./Headers";
import { Payload } from "./Payload";

const { attempt: texts } = event;

/** One attempt succeeded where the handler answered with a 2xx. */
export const isGood = (made: Made): boolean => made.outcome === "success";

interface Props {
  made: Made;
  /** Of the delivery; an attempt went elsewhere if the destination's address was changed since. */
  url: string | undefined;
  longest: number;
  /** What is said where an answer came that is not shown. */
  withheld: string;
  isOpenAtFirst: boolean;
}

export function Attempt({ made, url, longest, withheld, isOpenAtFirst }: Props) {
  // A newer attempt does not close this one while somebody reads it.
  const [isOpen] = useState(isOpenAtFirst);
  const Icon = isGood(made) ? CircleCheck : CircleX;
  return (
    <details open={isOpen} className="group border-t border-line" data-attempt={made.number}>
      <summary className="grid cursor-pointer grid-cols-[auto_1fr_auto] items-center gap-x-2.5 px-4 py-2 hover:bg-hover/60 [&::-webkit-details-marker]:hidden">
        <Icon size={15} className={isGood(made) ? "text-good" : "text-bad"} aria-hidden />
        <span className="flex min-w-0 flex-wrap items-baseline gap-x-2">
          <span className="font-medium">{texts.title(made.number)}</span>
          <span className="min-w-0 truncate text-sm text-muted">
            {made.statusCode ? null : (texts.outcomes[made.outcome] ?? made.outcome.replaceAll("_", " "))}
          </span>
        </span>
        <span className="flex items-center gap-3 text-sm text-muted">
          {made.statusCode ? <HttpStatus code={made.statusCode} /> : null}
          <span className="tabular-nums">{duration(made.durationMs)}</span>
          <Time at={made.startedAt} form="clock" isBare className="hidden tabular-nums sm:inline" />
        </span>
        <span className="col-span-3 mt-1.5">
          <Phases made={made} longest={longest} />
        </span>
      </summary>
      <Inside made={made} isElsewhere={made.url !== url} withheld={withheld} />
    </details>
  );
}

function Inside({ made, isElsewhere, withheld }: { made: Made; isElsewhere: boolean; withheld: string }) {
  const answer = made.answer;
  const type = answer?.headers.find((it) => it.name.toLowerCase() === "content-type")?.value ?? "text/plain";
  const body = useMemo(() => answer && bodyOf(answer.body, answer.bodyEncoding, type), [answer, type]);
  return (
    <div className="grid gap-3 border-t border-line bg-ground px-4 py-3">
      {made.error && (
        <p className="rounded-md bg-bad-soft px-3 py-2 text-sm text-bad">
          <Plain>{made.error}</Plain>
        </p>
      )}
      {isElsewhere && (
        <p className="font-mono text-sm break-all text-muted">
          <Plain>{made.url}</Plain>
        </p>
      )}
      {phasesOf(made).length > 0 && <Legend made={made} />}
      {!answer && <p className="text-sm text-muted">{made.statusCode ? withheld : texts.noAnswer}</p>}
      {answer?.truncated && <p className="text-sm text-warn">{texts.truncated}</p>}
      {body && body.bytes.length > 0 ? (
        <div className="card overflow-hidden">
          <Payload body={body} label={texts.answerBody} />
        </div>
      ) : (
        answer && <p className="text-sm text-muted">{texts.emptyBody}</p>
      )}
      {answer && answer.headers.length > 0 && (
        <details className="card overflow-hidden">
          <summary className="px-4 py-2 text-sm">{texts.answerHeaders(answer.headers.length)}</summary>
          <Headers headers={answer.headers} />
        </details>
      )}
    </div>
  );
}

type Phase = keyof typeof texts.phases;

const COLOURS: Record<Phase, string> = {
  resolve: "bg-line-strong",
  connect: "bg-warn",
  tls: "bg-wait",
  firstByte: "bg-accent",
  rest: "bg-faint",
};

/** Where the time went; what is left is reading the answer, or waiting for what did not come. */
export function phasesOf(made: Made): [Phase, number][] {
  const { resolve, connect, tls, firstByte } = made.timings;
  const known: [Phase, number][] = [
    ["resolve", resolve ?? 0],
    ["connect", connect ?? 0],
    ["tls", tls ?? 0],
    ["firstByte", firstByte ?? 0],
  ];
  const sum = known.reduce((before, [, ms]) => before + ms, 0);
  return [...known, ["rest" as Phase, Math.max(made.durationMs - sum, 0)] as [Phase, number]].filter(
    ([, ms]) => ms > 0,
  );
}

const Phases = ({ made, longest }: { made: Made; longest: number }) => (
  <span aria-hidden className="flex h-1 overflow-hidden rounded-full bg-hover">
    {phasesOf(made).map(([name, ms]) => (
      <span
        key={name}
        className={cx("h-full", COLOURS[name])}
        style={{ width: `${(ms / Math.max(longest, 1)) * 100}%` }}
      />
    ))}
  </span>
);

const Legend = ({ made }: { made: Made }) => (
  <ul className="flex flex-wrap gap-x-4 gap-y-1 text-sm text-muted">
    {phasesOf(made).map(([name, ms]) => (
      <li key={name} className="flex items-center gap-1.5">
        <span aria-hidden className={cx("size-2 rounded-full", COLOURS[name])} />
        {texts.phases[name]} <span className="text-text tabular-nums">{duration(ms)}</span>
      </li>
    ))}
  </ul>
);
