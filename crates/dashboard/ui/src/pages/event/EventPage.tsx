/** One event: what came, what became of it, and what can be done about it. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { Copy, Download, Ellipsis, Eye, EyeOff, Flame, GitCompare, RotateCcw } from "lucide-react";
import { useMemo, useState } from "react";
import { ask, client } from "@/api/client";
import { isNotFound } from "@/api/errors";
import { appsQuery, type EventDetail, eventQuery } from "@/api/queries";
import { queryClient } from "@/api/queryClient";
import { Button, IconButton } from "@/components/Button";
import { CopyButton, useCopy } from "@/components/Copy";
import { Confirm } from "@/components/Dialog";
import { NotFound } from "@/components/Lost";
import { Menu, MenuItem, MenuLine } from "@/components/Menu";
import { Kbd, Page } from "@/components/Page";
import { Plain } from "@/components/Plain";
import { Failure, Skeleton } from "@/components/States";
import { Status, statusOf } from "@/components/Status";
import { Tabs } from "@/components/Tabs";
import { toast } from "@/components/toasts";
import { bodyOf } from "@/lib/body";
import { hidesPayloads, useHidesPayloads } from "@/lib/hidesPayloads";
import { useRefusal } from "@/lib/roles";
import { useShortcuts } from "@/lib/shortcuts";
import { snippet } from "@/lib/snippets";
import { event as texts } from "@/texts/event";
import { events, replay } from "@/texts/events";
import { lastSearch } from "../events/lastSearch";
import { ReplayDialog } from "../events/ReplayDialog";
import { About } from "./About";
import { Compare } from "./Compare";
import { Headers } from "./Headers";
import { Payload } from "./Payload";
import { Reproduce } from "./Reproduce";
import { Timeline } from "./Timeline";

export function EventPage() {
  const { id } = useParams({ strict: false }) as { id: string };
  return <OneEvent key={id} id={id} />;
}

function OneEvent({ id }: { id: string }) {
  const { isHiding } = useHidesPayloads();
  const [isRevealed, setRevealed] = useState(false);
  const isShown = !isHiding || isRevealed;
  // While the content is fetched, what is known of the event stays.
  const query = useQuery({ ...eventQuery(id, isShown), placeholderData: keepPreviousData });
  if (query.data) {
    const isOpening = isShown && query.isPlaceholderData;
    return (
      <Shown
        event={query.data}
        isShown={isShown && !isOpening}
        isOpening={isOpening}
        onReveal={() => setRevealed(true)}
      />
    );
  }
  if (isNotFound(query.error)) return <NotFound title={texts.notFoundTitle} text={texts.notFound} />;
  if (query.error) return <Failure error={query.error} onRetry={() => query.refetch()} isRetrying={query.isFetching} />;
  return <Skeleton className="p-8" lines={8} />;
}

interface Props {
  event: EventDetail;
  isShown: boolean;
  /** The payload is on its way. */
  isOpening: boolean;
  onReveal(): void;
}

function useAddresses(event: EventDetail) {
  const apps = useQuery(appsQuery).data;
  return useMemo(() => {
    const app = apps?.find((it) => it.slug === event.appSlug);
    const urls = (app?.destinations ?? []).map((it) => it.url);
    const query = event.query ? `?${event.query}` : "";
    return { urls, inbound: `${app?.inboundUrl ?? location.origin}${event.path}${query}` };
  }, [apps, event.appSlug, event.path, event.query]);
}

function Shown({ event, isShown, isOpening, onReveal }: Props) {
  const { urls, inbound } = useAddresses(event);
  const [open, setOpen] = useState<"replay" | "compare" | "forget" | null>(null);
  const refusal = useRefusal("replay") ?? unsendable(event);
  useShortcuts({ r: () => !refusal && setOpen("replay"), c: () => setOpen("compare") });
  const title = event.eventType ?? events.noTypeTitle;
  const heading = (
    <span className="flex flex-wrap items-center gap-x-3 gap-y-1">
      <Plain>{title}</Plain>
      <Status of={statusOf(event)} isBadge />
      <span className="flex items-center gap-1 text-sm font-normal text-muted">
        <code>{event.id}</code>
        <CopyButton value={event.id} />
      </span>
    </span>
  );
  return (
    <Page
      title={title}
      heading={heading}
      isWide
      above={
        <Link to="/events" search={lastSearch.get()} className="link">
          {texts.crumb}
        </Link>
      }
      actions={
        <>
          <Button icon={GitCompare} onClick={() => setOpen("compare")}>
            {texts.compare}
          </Button>
          <More event={event} inbound={inbound} isShown={isShown} onForget={() => setOpen("forget")} />
          <Button tone="primary" icon={RotateCcw} refusal={refusal} onClick={() => setOpen("replay")}>
            {replay.action}
          </Button>
        </>
      }
    >
      <div className="grid items-start gap-4 xl:grid-cols-[minmax(0,5fr)_minmax(0,6fr)]">
        <div className="grid min-w-0 gap-4">
          <Timeline event={event} isShown={isShown} />
          <About event={event} />
        </div>
        <section className="card min-w-0 overflow-hidden" aria-label={texts.request}>
          <Request
            event={event}
            isShown={isShown}
            isOpening={isOpening}
            onReveal={onReveal}
            inbound={inbound}
            urls={urls}
          />
        </section>
      </div>
      <ReplayDialog event={open === "replay" ? event : null} onClose={() => setOpen(null)} />
      <Compare event={event} isOpen={open === "compare"} onClose={() => setOpen(null)} />
      <Forget event={event} isOpen={open === "forget"} onClose={() => setOpen(null)} />
    </Page>
  );
}

function unsendable(event: EventDetail): string | undefined {
  if (event.isForgotten) return replay.forgottenOne;
  return event.status === "rejected" ? replay.rejectedOne : undefined;
}

const sentOf = (event: EventDetail) => ({
  method: event.method,
  headers: event.headers,
  body: event.bodyEncoding === "base64" ? null : (event.body ?? ""),
  file: event.id,
});

interface MoreProps {
  event: EventDetail;
  inbound: string;
  isShown: boolean;
  onForget(): void;
}

function More({ event, inbound, isShown, onForget }: MoreProps) {
  const { isHiding, isForAll } = useHidesPayloads();
  const refusal = useRefusal("forget");
  const [, copy] = useCopy();
  return (
    <Menu
      trigger={
        <IconButton icon={Ellipsis} label={texts.more} className="border border-line-strong bg-raised shadow-card" />
      }
    >
      {isShown && !event.isForgotten && (
        <>
          <MenuItem icon={Copy} onSelect={() => copy(snippet("curl", { ...sentOf(event), url: inbound }))}>
            {texts.copyCurl}
          </MenuItem>
          <MenuItem icon={Download} onSelect={() => location.assign(`/api/v1/events/${event.id}/body`)}>
            {texts.download}
          </MenuItem>
        </>
      )}
      {!isForAll && (
        <MenuItem icon={isHiding ? Eye : EyeOff} onSelect={() => hidesPayloads.set(!isHiding)}>
          {isHiding ? texts.hideNever : texts.hideAlways}
        </MenuItem>
      )}
      {!event.isForgotten && (
        <>
          <MenuLine />
          <MenuItem icon={Flame} isDanger refusal={refusal} onSelect={onForget}>
            {texts.forget}
          </MenuItem>
        </>
      )}
    </Menu>
  );
}

function Request(props: Props & { inbound: string; urls: string[] }) {
  const { event, isShown, isOpening, onReveal, inbound, urls } = props;
  const type = event.headers?.find((it) => it.name.toLowerCase() === "content-type")?.value ?? "";
  const { body: text, bodyEncoding } = event;
  const body = useMemo(() => bodyOf(text ?? "", bodyEncoding, type), [text, bodyEncoding, type]);
  if (event.isForgotten) return <Closed icon={Flame} title={texts.forgotten} />;
  if (!isShown) {
    return (
      <Closed icon={EyeOff} title={texts.hiddenTitle} lead={texts.hidden} onReveal={onReveal} isOpening={isOpening} />
    );
  }
  const line = `${event.method} ${new URL(inbound, location.origin).pathname}${event.query ? `?${event.query}` : ""}`;
  return (
    <>
      <p className="border-b border-line px-4 py-2.5 font-mono text-sm break-all">
        <Plain>{line}</Plain>
      </p>
      <Tabs
        label={texts.request}
        tabs={[
          { id: "body", title: texts.tabs.body, content: <Payload body={body} label={texts.tabs.body} /> },
          {
            id: "headers",
            title: (
              <>
                {texts.tabs.headers} <Kbd>{event.headers.length}</Kbd>
              </>
            ),
            content: <Headers headers={event.headers} />,
          },
          {
            id: "reproduce",
            title: texts.tabs.reproduce,
            content: <Reproduce sent={sentOf(event)} inbound={inbound} urls={urls} />,
          },
        ]}
      />
    </>
  );
}

interface ClosedProps {
  icon: typeof EyeOff;
  title: string;
  lead?: string;
  onReveal?: () => void;
  isOpening?: boolean;
}

const Closed = ({ icon: Icon, title, lead, onReveal, isOpening }: ClosedProps) => (
  <div className="grid justify-items-center gap-3 px-4 py-16 text-center">
    <Icon size={22} className="text-muted" aria-hidden />
    <p className="font-medium">{title}</p>
    {lead && <p className="text-muted">{lead}</p>}
    {onReveal && (
      <Button icon={Eye} onClick={onReveal} isBusy={isOpening}>
        {texts.reveal}
      </Button>
    )}
  </div>
);

function Forget({ event, isOpen, onClose }: { event: EventDetail; isOpen: boolean; onClose(): void }) {
  return (
    <Confirm
      title={texts.forgetting.title}
      action={texts.forgetting.action}
      isDanger
      isOpen={isOpen}
      onClose={onClose}
      onConfirm={async () => {
        await ask(client.POST("/api/v1/events/{id}/forget", { params: { path: { id: event.id } } }));
        queryClient.removeQueries({ queryKey: ["event", event.id], type: "inactive" });
        await queryClient.invalidateQueries({ queryKey: ["event", event.id] });
        toast({ tone: "good", text: texts.forgetting.done });
      }}
    >
      <p>{texts.forgetting.text}</p>
    </Confirm>
  );
}
