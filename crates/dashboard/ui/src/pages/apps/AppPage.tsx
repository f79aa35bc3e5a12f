/** One app: its URL, its source, where its events go, how it fares. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { ChevronRight, Pause, Play } from "lucide-react";
import { useEffect } from "react";
import { changeApp, type FullApp, figuresQuery, taggedAppQuery } from "@/api/calls";
import { isNotFound } from "@/api/errors";
import { Button, buttonClass } from "@/components/Button";
import { NotFound } from "@/components/Lost";
import { Notice } from "@/components/Notice";
import { Page } from "@/components/Page";
import { Plain } from "@/components/Plain";
import { Loaded, Skeleton } from "@/components/States";
import { toast } from "@/components/toasts";
import { useRefusal } from "@/lib/roles";
import { useAction } from "@/lib/useAction";
import { visible } from "@/lib/visible";
import { app as texts } from "@/texts/app";
import { apps } from "@/texts/apps";
import { AppSettings, RemoveApp } from "./AppSettings";
import { AppState } from "./AppsPage";
import { DestinationsPanel } from "./DestinationsPanel";
import { totalsOf } from "./Health";
import { HealthPanel } from "./HealthPanel";
import { InboundPanel } from "./InboundPanel";
import { SourcePanel } from "./SourcePanel";
import { TestPanel } from "./TestPanel";

export function AppPage() {
  const { slug = "" } = useParams({ strict: false });
  const { edit } = useSearch({ strict: false }) as { edit?: string };
  const navigate = useNavigate();
  const query = useQuery(taggedAppQuery(slug));
  const present = query.data?.it.slug;
  useEffect(() => {
    // A former slug leads here as well.
    if (!present || present === slug) return;
    void navigate({ to: "/apps/$slug", params: { slug: present }, search: edit ? { edit } : {}, replace: true });
  }, [present, slug, edit, navigate]);
  if (isNotFound(query.error)) return <NotFound title={texts.notFoundTitle} text={texts.notFound} />;
  if (query.data) return <Shown key={query.data.it.id} app={query.data.it} tag={query.data.tag} />;
  return (
    <Page title={slug} above={<Trail />} isWide>
      <Loaded query={query} skeleton={<Skeleton lines={8} />}>
        {() => null}
      </Loaded>
    </Page>
  );
}

function Shown({ app, tag }: { app: FullApp; tag: string | undefined }) {
  const { edit } = useSearch({ strict: false }) as { edit?: string };
  const refusal = useRefusal("configure");
  const switching = useSwitch(app);
  return (
    <Page
      title={visible(app.name)}
      isWide
      above={<Trail />}
      heading={
        <span className="flex flex-wrap items-center gap-x-3 gap-y-1">
          <Plain most={100}>{app.name}</Plain>
          <span className="text-sm font-normal">
            <AppState app={app} />
          </span>
        </span>
      }
      actions={
        <>
          <Link to="/events" search={{ app_slug: app.slug }} className={buttonClass("plain")}>
            {texts.events}
          </Link>
          <Button
            icon={app.isPaused ? Play : Pause}
            refusal={refusal}
            isBusy={switching.isBusy}
            onClick={() => switching.run({ is_paused: !app.isPaused })}
          >
            {app.isPaused ? texts.resume : texts.pause}
          </Button>
        </>
      }
    >
      <div className="grid gap-4">
        <Notices app={app} refusal={refusal} onSwitchOn={() => switching.run({ is_active: true })} />
        <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,1fr)_24rem]">
          <div className="grid min-w-0 gap-4">
            <InboundPanel app={app} />
            <DestinationsPanel app={app} refusal={refusal} />
            <TestPanel app={app} />
            <AppSettings app={app} tag={tag} refusal={refusal} />
          </div>
          <div className="grid min-w-0 gap-4">
            <HealthPanel app={app} />
            <SourcePanel app={app} tag={tag} refusal={refusal} isOpenAtFirst={edit === "secret"} />
            <RemoveApp app={app} refusal={refusal} />
          </div>
        </div>
      </div>
    </Page>
  );
}

export const Trail = ({ app }: { app?: FullApp }) => (
  <nav aria-label={apps.title} className="flex flex-wrap items-center gap-1">
    <Link to="/apps" className="hover:text-text hover:underline">
      {apps.title}
    </Link>
    {app && (
      <>
        <ChevronRight size={14} aria-hidden />
        <Link to="/apps/$slug" params={{ slug: app.slug }} search={{}} className="hover:text-text hover:underline">
          <Plain most={60}>{app.name}</Plain>
        </Link>
      </>
    )}
  </nav>
);

/** Pausing, resuming, switching on: at once, and told when done. */
function useSwitch(app: FullApp) {
  const queries = useQueryClient();
  const switching = useAction(async (change: { is_paused?: boolean; is_active?: boolean }) => {
    await changeApp(app.slug, change);
    await queries.invalidateQueries({ queryKey: ["apps"] });
    if (change.is_paused === undefined) return;
    toast({ tone: "good", text: change.is_paused ? texts.nowPaused : texts.nowResumed });
  });
  const failure = switching.general();
  useEffect(() => {
    if (failure) toast({ tone: "bad", text: failure });
  }, [failure]);
  return switching;
}

interface NoticesProps {
  app: FullApp;
  refusal: string | undefined;
  onSwitchOn(): void;
}

function Notices({ app, refusal, onSwitchOn }: NoticesProps) {
  const figures = useQuery(figuresQuery({ app_slug: app.slug })).data;
  const rejected = figures ? totalsOf(figures).rejected : 0;
  return (
    <>
      {!app.isActive && (
        <Notice
          tone="warn"
          title={texts.inactiveTitle}
          actions={
            <Button size="sm" onClick={onSwitchOn} refusal={refusal}>
              {texts.switchOn}
            </Button>
          }
        >
          {texts.inactive}
        </Notice>
      )}
      {app.isActive && app.isPaused && (
        <Notice tone="warn" title={texts.pausedTitle}>
          {texts.paused}
        </Notice>
      )}
      {rejected > 0 && (
        <Notice
          tone="bad"
          title={texts.source.rejected(rejected)}
          actions={
            <Link to="/rejected" search={{}} className={buttonClass("plain", "sm")}>
              {texts.source.rejectedAction}
            </Link>
          }
        >
          {texts.source.rejectedText}
        </Notice>
      )}
    </>
  );
}
