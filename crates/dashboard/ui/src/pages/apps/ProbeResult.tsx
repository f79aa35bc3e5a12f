/** What came of a test event or of a check of the connection. */

import type { Probe } from "@/api/calls";
import { Code } from "@/components/Code";
import { Notice } from "@/components/Notice";
import { Plain } from "@/components/Plain";
import { duration } from "@/lib/format";
import { destination as texts } from "@/texts/destination";

const words = texts.probe;

interface Props {
  probe: Probe;
  how: "test" | "check";
}

export function ProbeResult({ probe, how }: Props) {
  const isTest = how === "test";
  const title = probe.ok
    ? isTest
      ? words.okTest(probe.status ?? 200)
      : words.okCheck
    : isTest
      ? words.badTest
      : words.badCheck;
  return (
    <Notice tone={probe.ok ? "good" : "bad"} title={title} isNew>
      {probe.problem && (
        <p>
          <Plain most={600}>{probe.problem.text}</Plain>
        </p>
      )}
      {probe.problem?.location && (
        <p>
          <Plain most={300}>{words.leadsTo(probe.problem.location)}</Plain>
        </p>
      )}
      {!probe.ok && !probe.problem && probe.status != null && <p>{words.answered(probe.status)}</p>}
      <Phases probe={probe} />
      {probe.responseBody && (
        <details className="mt-1">
          <summary className="text-sm">{words.body}</summary>
          <div className="mt-2">
            <Code text={probe.responseBody} label={words.body} language="json" maxHeight="16rem" />
            {probe.responseTruncated && <p className="mt-1 text-sm">{words.cut}</p>}
          </div>
        </details>
      )}
      {probe.responseHeaders && Object.keys(probe.responseHeaders).length > 0 && (
        <details>
          <summary className="text-sm">{words.headers}</summary>
          <dl className="mt-2 grid gap-0.5 font-mono text-xs">
            {Object.entries(probe.responseHeaders).map(([name, value]) => (
              <div key={name} className="flex flex-wrap gap-x-2">
                <dt className="font-medium">{name}</dt>
                <dd className="break-all">
                  <Plain most={400}>{String(value)}</Plain>
                </dd>
              </div>
            ))}
          </dl>
        </details>
      )}
    </Notice>
  );
}

function Phases({ probe }: { probe: Probe }) {
  const known = Object.entries(probe.phases).filter(([, ms]) => typeof ms === "number");
  const parts = known.map(([name, ms]) => `${words.phases[name] ?? name} ${duration(ms as number)}`);
  return (
    <p className="text-sm text-muted tabular-nums">
      {[`${duration(probe.latencyMs)} ${words.total}`, ...parts].join(" · ")}
    </p>
  );
}
