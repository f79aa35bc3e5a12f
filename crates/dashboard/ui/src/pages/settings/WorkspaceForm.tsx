/** The workspace's name and slug, and whether it hides payloads. */
import { useQueryClient } from "@tanstack/react-query";
import { ask, client } from "@/api/client";
import type { Account } from "@/api/queries";
import { CheckField, TextField } from "@/components/Field";
import { Notice } from "@/components/Notice";
import { SettingsForm } from "@/components/SettingsForm";
import { useRefusal } from "@/lib/roles";
import { settings } from "@/texts/settings";

const words = settings.workspace;

export function WorkspaceForm({ tenant }: { tenant: Account["tenant"] }) {
  const queries = useQueryClient();
  const refusal = useRefusal("manage");
  const store = async (changes: { name?: string; slug?: string; hidesPayloads?: boolean }) => {
    await ask(client.PATCH("/api/v1/tenant", { body: changes }));
    await Promise.all([["account"], ["tenants"], ["apps"]].map((queryKey) => queries.invalidateQueries({ queryKey })));
  };
  return (
    <SettingsForm
      title={words.title}
      stored={{ name: tenant.name, slug: tenant.slug, hidesPayloads: tenant.hidesPayloads }}
      names={{ name: words.name, slug: words.slug, hidesPayloads: words.hideForAll }}
      fields={["name", "slug"]}
      refusal={refusal}
      store={store}
      onFailure={() => void queries.invalidateQueries({ queryKey: ["account"] })}
    >
      {({ value, changes, set, error, isReadOnly }) => (
        <>
          {refusal && <p className="text-sm text-muted">{refusal}</p>}
          <TextField
            label={words.name}
            value={value.name}
            onChange={(event) => set({ name: event.target.value })}
            error={error("name")}
            maxLength={100}
            readOnly={isReadOnly}
          />
          <TextField
            label={words.slug}
            hint={words.slugHint}
            isMono
            autoCapitalize="off"
            value={value.slug}
            onChange={(event) => set({ slug: event.target.value })}
            error={error("slug")}
            readOnly={isReadOnly}
          />
          {changes.slug !== undefined && (
            <Notice tone="warn" isNew>
              {words.slugChanges(tenant.slug, changes.slug)}
            </Notice>
          )}
          {tenant.formerSlugs.length > 0 && (
            <p className="text-sm text-muted">
              {words.former}: <code>{tenant.formerSlugs.join(", ")}</code>
            </p>
          )}
          <CheckField
            label={words.hideForAll}
            hint={words.hideHint}
            checked={value.hidesPayloads}
            onChange={(event) => set({ hidesPayloads: event.target.checked })}
            disabled={isReadOnly}
          />
        </>
      )}
    </SettingsForm>
  );
}
