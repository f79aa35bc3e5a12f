/** The reader's workspaces: switching between them, and making another. */
import { useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useState } from "react";
import { tenantsQuery } from "@/api/queries";
import { Button } from "@/components/Button";
import { Panel } from "@/components/Page";
import { Plain } from "@/components/Plain";
import { Loaded, Skeleton } from "@/components/States";
import { NewWorkspace, turn } from "@/shell/NewWorkspace";
import { settings } from "@/texts/settings";
import { team } from "@/texts/workspace";

const words = settings.workspaces;

export function Workspaces() {
  const query = useQuery(tenantsQuery);
  const [isCreating, setCreating] = useState(false);
  return (
    <Panel
      title={words.title}
      isFlush
      actions={
        <Button size="sm" icon={Plus} onClick={() => setCreating(true)}>
          {words.create}
        </Button>
      }
    >
      <Loaded query={query} skeleton={<Skeleton className="p-4" lines={2} />}>
        {(tenants) => (
          <ul className="divide-y divide-line">
            {tenants.map((it) => (
              <li key={it.id} className="flex flex-wrap items-center justify-between gap-x-4 gap-y-1 px-4 py-2.5">
                <div className="min-w-0">
                  <Plain className="font-medium" most={100}>
                    {it.name}
                  </Plain>
                  <p className="text-sm text-muted">
                    <code>{it.slug}</code> · {team.roles[it.role] ?? it.role}
                  </p>
                </div>
                {it.isCurrent ? (
                  <span className="text-sm text-muted">{words.present}</span>
                ) : (
                  <Button size="sm" onClick={() => turn(it.slug)} aria-label={`${words.open}: ${it.name}`}>
                    {words.open}
                  </Button>
                )}
              </li>
            ))}
          </ul>
        )}
      </Loaded>
      <NewWorkspace isOpen={isCreating} onClose={() => setCreating(false)} />
    </Panel>
  );
}
