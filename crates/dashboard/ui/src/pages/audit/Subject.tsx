/** What something was done to: its name where it is known, and a way to it. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { accountQuery, appsQuery } from "@/api/queries";
import { Plain } from "@/components/Plain";

export function Subject({ id }: { id: string }) {
  const kind = id.split("_")[0];
  if (kind === "evt") {
    return (
      <Link to="/events/$id" params={{ id }} search={{}} data-row className="link font-mono text-sm">
        {id}
      </Link>
    );
  }
  if (kind === "app" || kind === "dst") return <Configured id={id} />;
  if (kind === "ten" || kind === "usr") return <Known id={id} />;
  return <Id id={id} />;
}

const Id = ({ id }: { id: string }) => (
  <Plain className="font-mono text-sm text-muted" most={100}>
    {id}
  </Plain>
);

function Configured({ id }: { id: string }) {
  const apps = useQuery(appsQuery).data ?? [];
  const app = apps.find((it) => it.id === id);
  if (app) {
    return (
      <Link to="/apps/$slug" params={{ slug: app.slug }} search={{}} data-row className="link">
        <Plain most={80}>{app.name}</Plain>
      </Link>
    );
  }
  const owner = apps.find((it) => it.destinations.some((destination) => destination.id === id));
  const destination = owner?.destinations.find((it) => it.id === id);
  if (!owner || !destination) return <Id id={id} />;
  return (
    <Link
      to="/apps/$slug/destinations/$id"
      params={{ slug: owner.slug, id }}
      data-row
      className="link font-mono text-sm"
    >
      <Plain most={120}>{destination.url}</Plain>
    </Link>
  );
}

function Known({ id }: { id: string }) {
  const account = useQuery(accountQuery).data;
  if (account?.tenant.id === id) return <Plain most={80}>{account.tenant.name}</Plain>;
  if (account?.user?.id === id) return <Plain most={120}>{account.user.email}</Plain>;
  return <Id id={id} />;
}
