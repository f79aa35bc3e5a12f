/** Browsers in which the reader is signed in. */
import { queryOptions, useQuery, useQueryClient } from "@tanstack/react-query";
import { ask, client, type Schemas } from "@/api/client";
import { Button } from "@/components/Button";
import { FormError } from "@/components/Field";
import { Panel } from "@/components/Page";
import { Plain } from "@/components/Plain";
import { Loaded, Skeleton } from "@/components/States";
import { Time } from "@/components/Time";
import { Tip } from "@/components/Tip";
import { toast } from "@/components/toasts";
import { useAction } from "@/lib/useAction";
import { settings } from "@/texts/settings";
import { browserOf } from "./browsers";

type Session = Schemas["Session"];
const words = settings.sessions;

const sessionsQuery = queryOptions({
  queryKey: ["sessions"],
  queryFn: ({ signal }) => ask(client.GET("/api/v1/account/sessions", { signal })).then((it) => it.sessions),
});

export function Sessions() {
  const queries = useQueryClient();
  const query = useQuery(sessionsQuery);
  const others = query.data?.filter((it) => !it.isCurrent).length ?? 0;
  const ending = useAction(async (session: Session | null) => {
    const ended = session
      ? await ask(client.DELETE("/api/v1/account/sessions/{id}", { params: { path: { id: session.id } } })).then(
          () => 1,
        )
      : await ask(client.DELETE("/api/v1/account/sessions")).then((it) => it.ended);
    toast({ tone: "good", text: words.ended(ended) });
    await queries.invalidateQueries({ queryKey: ["sessions"] });
  });
  return (
    <Panel
      title={words.title}
      lead={words.lead}
      isFlush
      actions={
        <Button
          size="sm"
          isBusy={ending.isBusy}
          refusal={query.data && others === 0 ? words.none : undefined}
          onClick={() => ending.run(null)}
        >
          {words.endAll}
        </Button>
      }
    >
      <Loaded query={query} skeleton={<Skeleton className="p-4" lines={2} />}>
        {(sessions) => (
          <ul className="divide-y divide-line">
            {sessions.map((it) => (
              <Row key={it.id} session={it} onEnd={() => ending.run(it)} />
            ))}
          </ul>
        )}
      </Loaded>
      {ending.error !== undefined && (
        <div className="p-4 pt-0">
          <FormError>{ending.general()}</FormError>
        </div>
      )}
    </Panel>
  );
}

function Row({ session, onEnd }: { session: Session; onEnd(): void }) {
  const name = browserOf(session.userAgent) ?? words.unknown;
  return (
    <li className="flex flex-wrap items-center justify-between gap-x-4 gap-y-1 px-4 py-2.5">
      <div className="min-w-0">
        <Tip text={<Plain most={300}>{session.userAgent ?? words.unknown}</Plain>}>
          <span tabIndex={0} className="font-medium">
            <Plain most={80}>{name}</Plain>
          </span>
        </Tip>
        <p className="text-sm text-muted">
          <code>{session.tenant}</code> · {words.since} <Time at={session.createdAt} /> · {words.until}{" "}
          <Time at={session.expiresAt} />
        </p>
      </div>
      {session.isCurrent ? (
        <span className="text-sm text-muted">{words.present}</span>
      ) : (
        <Button size="sm" onClick={onEnd} aria-label={`${words.end}: ${name}`}>
          {words.end}
        </Button>
      )}
    </li>
  );
}
