/** Replaying many events: those selected, one by one, or all that a filter takes, by the server. */
import { useQuery } from "@tanstack/react-query";
import { RotateCcw } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { ask, client, idempotencyKey } from "@/api/client";
import { appQuery, type EventQuery, replaysQuery, typed } from "@/api/queries";
import { queryClient } from "@/api/queryClient";
import { Button } from "@/components/Button";
import { Dialog } from "@/components/Dialog";
import { FormError, SelectField, TextField } from "@/components/Field";
import { Progress } from "@/components/Progress";
import { Skeleton } from "@/components/States";
import { toast } from "@/components/toasts";
import { patiently } from "@/lib/patiently";
import { useAction } from "@/lib/useAction";
import { common } from "@/texts/common";
import { replay } from "@/texts/events";
import { sendReplay } from "./ReplayDialog";

const AT_ONCE = 4;

/** Those that are selected: each is a call of its own, so that exactly they are sent. */
export function ReplaySelected({ ids, onClose, onDone }: { ids: string[] | null; onClose(): void; onDone(): void }) {
  return (
    <Dialog
      title={replay.titleOf(ids?.length ?? 0)}
      description={replay.lead}
      isOpen={ids !== null}
      onClose={onClose}
      width="sm"
    >
      {ids && <Selected ids={ids} onClose={onClose} onDone={onDone} />}
    </Dialog>
  );
}

function Selected({ ids, onClose, onDone }: { ids: string[]; onClose(): void; onDone(): void }) {
  const [done, setDone] = useState(0);
  const stopped = useRef(false);
  const keys = useRef(new Map(ids.map((id) => [id, idempotencyKey()])));
  useEffect(() => {
    stopped.current = false;
    return () => {
      stopped.current = true;
    };
  }, []);
  const sending = useAction(async () => {
    const waiting = [...ids];
    let failed = 0;
    let first: unknown;
    const work = async () => {
      for (let id = waiting.shift(); id !== undefined && !stopped.current; id = waiting.shift()) {
        const send = () => sendReplay(id, undefined, keys.current.get(id));
        await patiently(send, () => stopped.current).catch((error: unknown) => {
          failed += 1;
          first ??= error;
        });
        setDone((before) => before + 1);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    const sent = ids.length - waiting.length - failed;
    if (sent === 0 && first) throw first;
    if (failed > 0) toast({ tone: "bad", text: replay.failedSome(failed) });
    toast({ tone: "good", text: replay.finished(sent, 0) });
    onDone();
  });
  return (
    <div className="grid gap-4">
      {sending.isBusy ? (
        <div className="grid gap-2">
          <p role="status">{replay.progress(done, ids.length)}</p>
          <Progress label={replay.running} done={done} total={ids.length} />
        </div>
      ) : (
        <p>{replay.count(ids.length, false)}</p>
      )}
      <FormError>{sending.general()}</FormError>
      <div className="flex justify-end gap-2">
        <Button onClick={onClose}>{sending.isBusy ? replay.stop : common.cancel}</Button>
        <Button tone="primary" icon={RotateCcw} isBusy={sending.isBusy} onClick={() => sending.run()} autoFocus>
          {replay.action}
        </Button>
      </div>
    </div>
  );
}

const COMMON_RATE = 500;

/** All that a filter takes, counted first. The server goes on with it, whether or not this page stays open. */
export function ReplayMatching({ filter, onClose }: { filter: EventQuery | null; onClose(): void }) {
  return (
    <Dialog
      title={replay.titleMatching}
      description={replay.lead}
      isOpen={filter !== null}
      onClose={onClose}
      width="sm"
    >
      {filter && <Matching filter={filter} onClose={onClose} />}
    </Dialog>
  );
}

function Matching({ filter, onClose }: { filter: EventQuery; onClose(): void }) {
  const [rate, setRate] = useState("");
  const [target, setTarget] = useState("");
  const [running, setRunning] = useState<string | null>(null);
  const [key] = useState(idempotencyKey);
  const wanted = typed(filter);
  const isOpen = Object.keys(filter).length > 0;
  const counted = useQuery({
    queryKey: ["replays", "count", filter],
    queryFn: () => ask(client.POST("/api/v1/replays", { body: { filter: wanted, dry_run: true } })),
    enabled: isOpen,
    staleTime: 0,
    gcTime: 0,
    refetchOnWindowFocus: false,
  });
  const count = counted.data && "count" in counted.data ? counted.data : undefined;
  const starting = useAction(async () => {
    const body = {
      filter: wanted,
      ...(rate && { rate_per_second: Number(rate) }),
      ...(target && { destination_id: target }),
    };
    const params = { header: { "Idempotency-Key": `${key}-${rate}-${target}` } };
    const made = await ask(client.POST("/api/v1/replays", { params, body }));
    if ("id" in made) setRunning(made.id);
    void queryClient.invalidateQueries({ queryKey: replaysQuery.queryKey, exact: true });
  });
  if (running) return <Running id={running} onClose={onClose} />;
  return (
    <form
      className="grid gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        void starting.run();
      }}
    >
      {!isOpen && <p>{replay.needsFilter}</p>}
      {isOpen && counted.isPending && <Skeleton lines={1} />}
      {count && (
        <p role="status" data-count={count.count} className="text-lg font-medium">
          {count.count === 0 ? replay.countNone : replay.count(count.count, count.more)}
        </p>
      )}
      {filter.app_slug && <Target app={filter.app_slug} value={target} onChange={setTarget} />}
      <TextField
        label={replay.rate}
        isOptional
        type="number"
        min={1}
        max={COMMON_RATE * 20}
        placeholder={String(COMMON_RATE)}
        value={rate}
        onChange={(event) => setRate(event.target.value)}
        error={starting.about("rate_per_second")}
      />
      <FormError>
        {starting.general("rate_per_second", "destination_id") ?? (counted.error ? String(counted.error.message) : "")}
      </FormError>
      <div className="flex justify-end gap-2">
        <Button onClick={onClose}>{common.cancel}</Button>
        <Button
          type="submit"
          tone="primary"
          icon={RotateCcw}
          isBusy={starting.isBusy}
          refusal={count && count.count > 0 ? undefined : isOpen ? replay.counting : replay.needsFilter}
        >
          {replay.action}
        </Button>
      </div>
    </form>
  );
}

interface TargetProps {
  app: string;
  value: string;
  onChange(destination: string): void;
}

/** One of an app's destinations; where it has but one, there is nothing to choose. */
function Target({ app, value, onChange }: TargetProps) {
  const destinations = useQuery(appQuery(app)).data?.destinations ?? [];
  if (destinations.length < 2) return null;
  return (
    <SelectField label={replay.to} value={value} onChange={(event) => onChange(event.target.value)}>
      <option value="">{replay.toAll}</option>
      {destinations.map((it) => (
        <option key={it.id} value={it.id}>
          {it.url}
        </option>
      ))}
    </SelectField>
  );
}

const LOOK_EVERY_MS = 700;

function Running({ id, onClose }: { id: string; onClose(): void }) {
  const now = useQuery({
    queryKey: ["replays", id],
    queryFn: () => ask(client.GET("/api/v1/replays/{id}", { params: { path: { id } } })),
    refetchInterval: (query) => (query.state.data?.state === "running" || !query.state.data ? LOOK_EVERY_MS : false),
  }).data;
  const stopping = useAction(async () => {
    await ask(client.POST("/api/v1/replays/{id}/cancel", { params: { path: { id } } }));
    await queryClient.invalidateQueries({ queryKey: ["replays"] });
  });
  if (!now) return <Skeleton lines={2} />;
  const isRunning = now.state === "running";
  return (
    <div className="grid gap-4">
      <div className="grid gap-2">
        <p className="flex justify-between gap-3" role="status">
          <span className="font-medium">
            {isRunning ? replay.running : now.state === "done" ? replay.done : replay.stopped}
          </span>
          <span className="tabular-nums">{replay.progress(now.replayed + now.skipped, now.total)}</span>
        </p>
        <Progress label={replay.running} done={now.replayed + now.skipped} total={now.total} />
      </div>
      {!isRunning && <p>{now.state === "done" ? replay.finished(now.replayed, now.skipped) : replay.canceled}</p>}
      <FormError>{stopping.general()}</FormError>
      <div className="flex justify-end gap-2">
        {isRunning ? (
          <>
            <Button tone="danger" isBusy={stopping.isBusy} onClick={() => stopping.run()}>
              {replay.stop}
            </Button>
            <Button onClick={onClose}>{replay.hide}</Button>
          </>
        ) : (
          <Button tone="primary" onClick={onClose} autoFocus>
            {common.close}
          </Button>
        )}
      </div>
    </div>
  );
}

/** Replays that are under way, above the log. */
export function RunningReplays() {
  const running = useQuery({
    ...replaysQuery,
    refetchInterval: (query) => (query.state.data?.some((it) => it.state === "running") ? 1_500 : false),
  }).data?.filter((it) => it.state === "running");
  if (!running?.length) return null;
  return (
    <ul className="grid gap-2 border-b border-line px-4 py-2.5 sm:px-6">
      {running.map((it) => (
        <li key={it.id} className="grid grid-cols-[auto_1fr_auto_auto] items-center gap-3 text-sm">
          <span className="font-medium">{replay.running}</span>
          <Progress label={replay.running} done={it.replayed + it.skipped} total={it.total} />
          <span className="text-muted tabular-nums">{replay.progress(it.replayed + it.skipped, it.total)}</span>
          <Button
            size="sm"
            onClick={async () => {
              await ask(client.POST("/api/v1/replays/{id}/cancel", { params: { path: { id: it.id } } })).catch(
                () => {},
              );
              await queryClient.invalidateQueries({ queryKey: ["replays"] });
            }}
          >
            {replay.stop}
          </Button>
        </li>
      ))}
    </ul>
  );
}
