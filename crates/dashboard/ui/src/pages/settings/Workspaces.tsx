/** The reader's workspaces: switching between them, and making another. */
import { useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useState } from "react";
import { ask, client } from "@/api/client";
import { sentenceOf } from "@/api/errors";
import { tenantsQuery } from "@/api/queries";
import { tell } from "@/api/session";
import { Button } from "@/components/Button";
import { Dialog } from "@/components/Dialog";
import { FormError, TextField } from "@/components/Field";
import { Panel } from "@/components/Page";
import { Plain } from "@/components/Plain";
import { Loaded, Skeleton } from "@/components/States";
import { toast } from "@/components/toasts";
import { useAction } from "@/lib/useAction";
import { common } from "@/texts/common";
import { settings } from "@/texts/settings";
import { team } from "@/texts/workspace";

const words = settings.workspaces;

/** The session is for another workspace from now on, in all tabs. */
async function turnTo(slug: string): Promise<void> {
  await ask(client.POST("/api/v1/session/tenant", { body: { slug } }));
  tell("turned");
  location.assign("/");
}

export function Workspaces() {
  const query = useQuery(tenantsQuery);
  const [isCreating, setCreating] = useState(false);
  const turn = (slug: string) => {
    turnTo(slug).catch((error: unknown) => toast({ tone: "bad", text: sentenceOf(error) }));
  };
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

function NewWorkspace({ isOpen, onClose }: { isOpen: boolean; onClose(): void }) {
  const [name, setName] = useState("");
  const creating = useAction(async () => {
    const made = await ask(client.POST("/api/v1/tenants", { body: { name } }));
    await turnTo(made.slug);
  });
  return (
    <Dialog title={words.create} isOpen={isOpen} onClose={onClose} width="sm">
      <form
        className="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          void creating.run();
        }}
      >
        <TextField
          label={words.name}
          hint={words.nameHint}
          value={name}
          onChange={(event) => setName(event.target.value)}
          error={creating.about("name")}
          maxLength={100}
          required
        />
        <FormError>{creating.general("name")}</FormError>
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{common.cancel}</Button>
          <Button type="submit" tone="primary" isBusy={creating.isBusy}>
            {words.action}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
