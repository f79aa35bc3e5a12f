/** What was rejected of one app. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { RotateCw } from "lucide-react";
import { ask, client, type Schemas } from "@/api/client";
import { appsQuery, type Event, sourcesQuery } from "@/api/queries";
import { Button, buttonClass } from "@/components/Button";
import { FormError } from "@/components/Field";
import { Notice } from "@/components/Notice";
import { Panel } from "@/components/Page";
import { Plain } from "@/components/Plain";
import { Time } from "@/components/Time";
import { useRefusal } from "@/lib/roles";
import { useAction } from "@/lib/useAction";
import { plural } from "@/texts/common";
import { rejected as texts } from "@/texts/workspace";
import { type AppGroup, counted, fixOf, kindOf } from "./reasons";

export type Result = Schemas["ReverifiedEvents"];

interface Props {
  group: AppGroup;
  /** How verifying them again went. */
  result: Result | undefined;
  onVerified(slug: string, result: Result): void;
}

export function AppRejections({ group, result, onVerified }: Props) {
  const apps = useQuery(appsQuery).data ?? [];
  const app = apps.find((it) => it.slug === group.slug);
  const provider = useProvider(app?.source ?? group.events[0]?.source ?? "");
  const newest = group.events[0];
  const oldest = group.events.at(-1);
  return (
    <Panel
      title={app?.name ?? group.slug ?? texts.deleted}
      lead={
        newest && oldest ? (
          <>
            {texts.count(group.events.length)} · {texts.newest} <Time at={newest.receivedAt} /> · {texts.oldest}{" "}
            <Time at={oldest.receivedAt} />
          </>
        ) : undefined
      }
    >
      <div className="grid gap-4">
        {group.events.length > 0 && <Reasons events={group.events} provider={provider} />}
        {group.slug && group.events.length > 0 && (
          <Actions slug={group.slug} onVerified={(it) => onVerified(group.slug ?? "", it)} />
        )}
        {result && <Verified result={result} />}
      </div>
    </Panel>
  );
}

function useProvider(slug: string): string {
  const source = useQuery(sourcesQuery).data?.sources.find((it) => it.slug === slug);
  return source?.name ?? slug;
}

function Reasons({ events, provider }: { events: Event[]; provider: string }) {
  const reasons = counted(events.map((event) => event.rejectionReason));
  const fixes = [...new Map(reasons.map(({ text }) => [kindOf(text), fixOf(text, provider)])).values()];
  return (
    <div className="grid gap-3 sm:grid-cols-2">
      <section>
        <h3 className="text-sm font-medium text-muted">{texts.why}</h3>
        <ul className="mt-1 grid gap-1">
          {reasons.map(({ text, count }) => (
            <li key={text} className="flex items-baseline gap-2.5">
              <span className="min-w-8 rounded bg-bad-soft px-1.5 text-center text-sm text-bad tabular-nums">
                {count}×
              </span>
              <span className="min-w-0">
                <Plain most={300}>{text}</Plain>
              </span>
            </li>
          ))}
        </ul>
      </section>
      <section>
        <h3 className="text-sm font-medium text-muted">{texts.fix}</h3>
        <ul className="mt-1 grid gap-1">
          {fixes.map((fix) => (
            <li key={fix} className="text-pretty">
              {fix}
            </li>
          ))}
        </ul>
      </section>
    </div>
  );
}

function Actions({ slug, onVerified }: { slug: string; onVerified(result: Result): void }) {
  const queries = useQueryClient();
  const refusal = useRefusal("replay");
  const verifying = useAction(async () => {
    onVerified(await ask(client.POST("/api/v1/apps/{slug}/reverify", { params: { path: { slug } } })));
    await queries.invalidateQueries({ queryKey: ["events"] });
    await queries.invalidateQueries({ queryKey: ["figures"] });
  });
  return (
    <div className="grid gap-3">
      <div className="flex flex-wrap gap-2">
        <Link to="/apps/$slug" params={{ slug }} search={{ edit: "secret" }} className={buttonClass("plain")}>
          {texts.replace}
        </Link>
        <Button
          tone="primary"
          icon={RotateCw}
          refusal={refusal}
          isBusy={verifying.isBusy}
          onClick={() => verifying.run()}
        >
          {texts.verify}
        </Button>
        <Link to="/events" search={{ status: "rejected", app_slug: slug }} className={buttonClass("quiet")}>
          {texts.look}
        </Link>
      </div>
      <FormError>{verifying.general()}</FormError>
    </div>
  );
}

function Verified({ result }: { result: Result }) {
  const { checked, released, duplicates, rejected } = result;
  if (checked === 0) return <Notice isNew>{texts.done.none}</Notice>;
  return (
    <Notice tone={rejected === 0 ? "good" : "warn"} title={texts.doneTitle(checked, released)} isNew>
      {duplicates > 0 && <p>{texts.done.duplicates(duplicates)}</p>}
      {rejected > 0 && (
        <>
          <p>{texts.done.rejected(rejected)}</p>
          <ul className="list-disc pl-5">
            {Object.entries(result.reasons).map(([reason, count]) => (
              <li key={reason}>
                <Plain most={300}>{reason}</Plain> ({plural(count, "request", "requests")})
              </li>
            ))}
          </ul>
        </>
      )}
      {result.more && <p>{texts.done.more}</p>}
    </Notice>
  );
}
