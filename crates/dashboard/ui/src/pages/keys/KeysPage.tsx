/** API keys: made, shown once, revoked. */
import { queryOptions, useQuery, useQueryClient } from "@tanstack/react-query";
import { KeyRound, Lock, Plus } from "lucide-react";
import { useState } from "react";
import { ask, client, type Schemas } from "@/api/client";
import { accountQuery, appsQuery } from "@/api/queries";
import { Button } from "@/components/Button";
import { Confirm } from "@/components/Dialog";
import { Page, Panel } from "@/components/Page";
import { Plain } from "@/components/Plain";
import { Empty } from "@/components/States";
import { type Column, Table } from "@/components/Table";
import { Time } from "@/components/Time";
import { toast } from "@/components/toasts";
import { useRefusal } from "@/lib/roles";
import { common } from "@/texts/common";
import { keys as texts } from "@/texts/workspace";
import { CreateKey } from "./CreateKey";

export type ApiKey = Schemas["ApiKey"];

const keysQuery = queryOptions({
  queryKey: ["api-keys"],
  queryFn: ({ signal }) => ask(client.GET("/api/v1/api-keys", { signal })).then((it) => it.apiKeys),
});

export function KeysPage() {
  const account = useQuery(accountQuery).data;
  const refusal = useRefusal("manage");
  const [isCreating, setCreating] = useState(false);
  return (
    <Page
      title={texts.title}
      lead={texts.lead}
      isWide
      actions={
        <Button tone="primary" icon={Plus} refusal={refusal} onClick={() => setCreating(true)}>
          {texts.create}
        </Button>
      }
    >
      <Panel isFlush>
        {refusal ? (
          <Empty icon={Lock} title={texts.mayNotTitle}>
            <p>{texts.mayNot(account?.role ?? "")}</p>
          </Empty>
        ) : (
          <List />
        )}
      </Panel>
      <CreateKey isOpen={isCreating} onClose={() => setCreating(false)} />
    </Page>
  );
}

function List() {
  const query = useQuery(keysQuery);
  const [revoking, setRevoking] = useState<ApiKey | null>(null);
  const revoke = (key: ApiKey) => (
    <Button size="sm" onClick={() => setRevoking(key)} aria-label={`${texts.revoke}: ${key.name}`}>
      {texts.revoke}
    </Button>
  );
  const columns: Column<ApiKey>[] = [
    ...COLUMNS,
    { id: "end", title: <span className="sr-only">{texts.revoke}</span>, width: "7rem", isRight: true, cell: revoke },
  ];
  return (
    <>
      <Table
        label={texts.title}
        columns={columns}
        rows={query.data ?? []}
        keyOf={(key) => key.id}
        query={query}
        card={(key) => <Card apiKey={key}>{revoke(key)}</Card>}
        empty={
          <Empty icon={KeyRound} title={texts.emptyTitle}>
            <p>{texts.empty}</p>
          </Empty>
        }
      />
      <Revoking apiKey={revoking} onClose={() => setRevoking(null)} />
    </>
  );
}

const Name = ({ apiKey }: { apiKey: ApiKey }) => (
  <div>
    <span className="font-medium">
      <Plain most={100}>{apiKey.name}</Plain>
    </span>
    <code className="block text-sm text-muted">ahk_live_{apiKey.hint}</code>
  </div>
);

const Scope = ({ apiKey }: { apiKey: ApiKey }) => <>{texts.scopes[apiKey.scope]?.[0] ?? apiKey.scope}</>;

function Reach({ apiKey: { apps } }: { apiKey: ApiKey }) {
  const known = useQuery(appsQuery).data;
  if (!apps) return <span className="text-muted">{texts.allApps}</span>;
  if (apps.length === 0) return <span className="text-warn">{texts.noApps}</span>;
  const names = apps.map((slug) => known?.find((it) => it.slug === slug)?.name ?? slug);
  return <Plain most={120}>{names.join(", ")}</Plain>;
}

const isExpired = (key: ApiKey): boolean => Boolean(key.expiresAt) && Date.parse(key.expiresAt ?? "") < Date.now();

const Expiry = ({ apiKey }: { apiKey: ApiKey }) => {
  if (!apiKey.expiresAt) return <span className="text-muted">{common.never}</span>;
  if (isExpired(apiKey)) return <span className="text-bad">{texts.expired}</span>;
  return <Time at={apiKey.expiresAt} />;
};

const Used = ({ apiKey }: { apiKey: ApiKey }) =>
  apiKey.lastUsedAt ? <Time at={apiKey.lastUsedAt} /> : <span className="text-muted">{common.never}</span>;

const COLUMNS: Column<ApiKey>[] = [
  { id: "name", title: texts.columns.name, width: "1fr", cell: (key) => <Name apiKey={key} /> },
  { id: "scope", title: texts.columns.scope, width: "6rem", cell: (key) => <Scope apiKey={key} /> },
  { id: "apps", title: texts.columns.apps, width: "1fr", cell: (key) => <Reach apiKey={key} /> },
  { id: "made", title: texts.columns.made, width: "7rem", cell: (key) => <Time at={key.createdAt} /> },
  { id: "used", title: texts.columns.used, width: "7rem", cell: (key) => <Used apiKey={key} /> },
  { id: "expires", title: texts.columns.expires, width: "7rem", cell: (key) => <Expiry apiKey={key} /> },
];

const Card = ({ apiKey, children }: { apiKey: ApiKey; children: React.ReactNode }) => (
  <div className="grid gap-1.5">
    <div className="flex items-start justify-between gap-3">
      <Name apiKey={apiKey} />
      {children}
    </div>
    <p className="text-sm text-muted">
      <Scope apiKey={apiKey} /> · {texts.columns.apps}: <Reach apiKey={apiKey} />
    </p>
    <p className="text-sm text-muted">
      {texts.columns.used}: <Used apiKey={apiKey} /> · {texts.columns.expires}: <Expiry apiKey={apiKey} />
    </p>
  </div>
);

function Revoking({ apiKey, onClose }: { apiKey: ApiKey | null; onClose(): void }) {
  const queries = useQueryClient();
  if (!apiKey) return null;
  const run = async () => {
    await ask(client.DELETE("/api/v1/api-keys/{id}", { params: { path: { id: apiKey.id } } }));
    toast({ tone: "good", text: texts.revoked });
    await queries.invalidateQueries({ queryKey: ["api-keys"] });
  };
  return (
    <Confirm
      title={texts.revokeTitle(apiKey.name)}
      action={texts.revoke}
      isDanger
      isOpen
      onClose={onClose}
      onConfirm={run}
    >
      {texts.revokeText}
    </Confirm>
  );
}
