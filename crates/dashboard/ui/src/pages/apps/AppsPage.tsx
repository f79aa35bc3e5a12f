/** All apps. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Blocks, Plus, Search } from "lucide-react";
import { useState } from "react";
import { type App, appsQuery, sourcesQuery } from "@/api/queries";
import { Button, buttonClass } from "@/components/Button";
import { CopyButton } from "@/components/Copy";
import { Page, Panel } from "@/components/Page";
import { Plain } from "@/components/Plain";
import { Empty } from "@/components/States";
import { Standing } from "@/components/Status";
import { type Column, Table } from "@/components/Table";
import { useRefusal } from "@/lib/roles";
import { apps } from "@/texts/apps";
import { CreateApp } from "./CreateApp";
import { SmallHealth } from "./Health";

const SEARCHED_FROM = 8;

const isFitting = (app: App, typed: string): boolean =>
  `${app.name} ${app.slug} ${app.source}`.toLowerCase().includes(typed.trim().toLowerCase());

export function AppsPage() {
  const query = useQuery(appsQuery);
  const refusal = useRefusal("configure");
  const [typed, setTyped] = useState("");
  const [isCreating, setCreating] = useState(false);
  const all = query.data ?? [];
  const rows = typed.trim() ? all.filter((app) => isFitting(app, typed)) : all;
  return (
    <Page
      title={apps.title}
      lead={apps.lead}
      isWide
      actions={
        <Button tone="primary" icon={Plus} refusal={refusal} onClick={() => setCreating(true)}>
          {apps.create}
        </Button>
      }
    >
      {all.length >= SEARCHED_FROM && <Finder typed={typed} onChange={setTyped} />}
      <Panel isFlush>
        <Table
          label={apps.title}
          columns={COLUMNS}
          rows={rows}
          keyOf={(app) => app.id}
          query={query}
          card={(app) => <Card app={app} />}
          empty={all.length > 0 ? <p className="p-8 text-center text-muted">{apps.none}</p> : <None />}
        />
      </Panel>
      <CreateApp isOpen={isCreating} onClose={() => setCreating(false)} />
    </Page>
  );
}

const Finder = ({ typed, onChange }: { typed: string; onChange(typed: string): void }) => (
  <div className="relative mb-3 max-w-sm">
    <Search size={15} className="absolute top-1/2 left-2.5 -translate-y-1/2 text-faint" aria-hidden />
    <input
      type="search"
      className="field pl-8"
      aria-label={apps.search}
      placeholder={apps.search}
      value={typed}
      onChange={(event) => onChange(event.target.value)}
    />
  </div>
);

const None = () => (
  <Empty
    icon={Blocks}
    title={apps.emptyTitle}
    action={
      <Link to="/welcome" search={{}} className={buttonClass("plain")}>
        {apps.guided}
      </Link>
    }
  >
    <p>{apps.empty}</p>
  </Empty>
);

const Name = ({ app }: { app: App }) => (
  <div className="min-w-0 md:min-w-32">
    <Link
      to="/apps/$slug"
      params={{ slug: app.slug }}
      search={{}}
      className="font-medium after:absolute after:inset-0 hover:underline"
    >
      <Plain most={100}>{app.name}</Plain>
    </Link>
    <SourceName slug={app.source} />
  </div>
);

function SourceName({ slug }: { slug: string }) {
  const source = useQuery(sourcesQuery).data?.sources.find((it) => it.slug === slug);
  return <p className="text-sm text-muted">{source?.name ?? slug}</p>;
}

export const AppState = ({ app }: { app: Pick<App, "isActive" | "isPaused"> }) => {
  if (!app.isActive) return <Standing is="off">{apps.state.inactive}</Standing>;
  return app.isPaused ? (
    <Standing is="warn">{apps.state.paused}</Standing>
  ) : (
    <Standing is="good">{apps.state.active}</Standing>
  );
};

function Destinations({ app }: { app: App }) {
  const paused = app.destinations.filter((it) => it.is_paused).length;
  if (app.destinations.length === 0) return <span className="text-faint">{apps.noDestination}</span>;
  return (
    <span className="whitespace-nowrap tabular-nums">
      {app.destinations.length}
      {paused > 0 && <span className="text-warn"> · {apps.nPaused(paused)}</span>}
    </span>
  );
}

const Url = ({ app }: { app: App }) => (
  <div className="relative z-10 flex w-fit max-w-full items-center gap-1">
    <code className="max-w-80 min-w-0 truncate md:max-w-64 xl:max-w-80 text-sm text-muted">{app.inboundUrl}</code>
    <CopyButton value={app.inboundUrl} label={`${apps.copyUrl}: ${app.name}`} />
  </div>
);

const COLUMNS: Column<App>[] = [
  { id: "app", title: apps.columns.app, width: "1fr", cell: (app) => <Name app={app} /> },
  { id: "url", title: apps.columns.url, width: "1fr", cell: (app) => <Url app={app} /> },
  { id: "state", title: apps.columns.state, width: "8rem", cell: (app) => <AppState app={app} /> },
  { id: "to", title: apps.columns.destinations, width: "8rem", cell: (app) => <Destinations app={app} /> },
  {
    id: "health",
    title: apps.columns.health,
    width: "14rem",
    cell: (app) => <SmallHealth slug={app.slug} name={app.name} />,
  },
];

const Card = ({ app }: { app: App }) => (
  <div className="grid grid-cols-[minmax(0,1fr)] gap-1.5">
    <div className="flex items-start justify-between gap-3">
      <Name app={app} />
      <AppState app={app} />
    </div>
    <Url app={app} />
    <SmallHealth slug={app.slug} name={app.name} />
  </div>
);
