/** One sealed day, with the roots of the reader's own apps. */
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { appsQuery } from "@/api/queries";
import { CopyField } from "@/components/Copy";
import { Dialog } from "@/components/Dialog";
import { Plain } from "@/components/Plain";
import { Loaded } from "@/components/States";
import { anchors as texts } from "@/texts/workspace";
import { type Anchor, useDay } from "./AnchorsPage";

export function DayDialog({ day }: { day: string }) {
  const navigate = useNavigate();
  const query = useDay(day);
  return (
    <Dialog title={texts.dayTitle(day)} isOpen onClose={() => navigate({ to: "/anchors", search: {} })}>
      <Loaded query={query}>{(anchor) => (anchor ? <Shown anchor={anchor} /> : <p>{texts.emptyTitle}</p>)}</Loaded>
    </Dialog>
  );
}

function Shown({ anchor }: { anchor: Anchor }) {
  const apps = useQuery(appsQuery).data ?? [];
  const roots = anchor.apps ?? [];
  const own = roots.flatMap(({ app_id, root }) => {
    const app = apps.find((it) => it.id === app_id);
    return app ? [{ app, root }] : [];
  });
  return (
    <div className="grid gap-5">
      <Hash name={texts.columns.anchor} value={anchor.anchor} />
      {anchor.prev_anchor ? (
        <Hash name={texts.previous} value={anchor.prev_anchor} />
      ) : (
        <p className="text-muted">
          {texts.previous}: {texts.first}
        </p>
      )}
      <section className="grid gap-2">
        <h3 className="font-medium">{texts.roots}</h3>
        {own.length === 0 && <p className="text-muted">{texts.noRoots}</p>}
        {own.map(({ app, root }) => (
          <div key={app.id} className="grid gap-1">
            <Plain className="text-sm" most={80}>
              {app.name}
            </Plain>
            <CopyField value={root} label={app.name} isWrapped />
          </div>
        ))}
        {roots.length > own.length && <p className="text-sm text-muted">{texts.others(roots.length - own.length)}</p>}
      </section>
    </div>
  );
}

const Hash = ({ name, value }: { name: string; value: string }) => (
  <section className="grid gap-1">
    <h3 className="font-medium">{name}</h3>
    <CopyField value={value} label={name} isWrapped />
  </section>
);
