/** Making an API key. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { ask, client, type Schemas } from "@/api/client";
import { appsQuery } from "@/api/queries";
import { Button } from "@/components/Button";
import { SecretOnce } from "@/components/Copy";
import { Dialog } from "@/components/Dialog";
import { CheckField, FormError, SelectField, TextField } from "@/components/Field";
import { useAction } from "@/lib/useAction";
import { common } from "@/texts/common";
import { keys as texts } from "@/texts/workspace";

const NOTHING = { name: "", scope: "read", isLimited: false, apps: [] as string[], days: "90" };
type Typed = typeof NOTHING;

const bodyOf = ({ name, scope, isLimited, apps, days }: Typed): Schemas["NewApiKey"] => ({
  name,
  scope,
  ...(isLimited && { apps }),
  ...(days !== "" && { expiresInDays: Number(days) }),
});

export function CreateKey({ isOpen, onClose }: { isOpen: boolean; onClose(): void }) {
  const queries = useQueryClient();
  const [typed, setTyped] = useState(NOTHING);
  const [secret, setSecret] = useState("");
  const creating = useAction(async () => {
    const made = await ask(client.POST("/api/v1/api-keys", { body: bodyOf(typed) }));
    setSecret(made.key);
    setTyped(NOTHING);
    await queries.invalidateQueries({ queryKey: ["api-keys"] });
  });
  const close = () => {
    setSecret("");
    creating.clear();
    onClose();
  };
  return (
    <Dialog title={texts.formTitle} isOpen={isOpen} onClose={close} width="sm">
      {secret ? (
        <SecretOnce value={secret} label={texts.made} hint={texts.madeHint} onStored={close} />
      ) : (
        <form
          className="grid gap-4"
          onSubmit={(event) => {
            event.preventDefault();
            void creating.run();
          }}
        >
          <Fields typed={typed} set={(change) => setTyped({ ...typed, ...change })} about={creating.about} />
          <FormError>{creating.general("name", "scope", "expiresInDays")}</FormError>
          <div className="flex justify-end gap-2">
            <Button onClick={close}>{common.cancel}</Button>
            <Button type="submit" tone="primary" isBusy={creating.isBusy}>
              {texts.create}
            </Button>
          </div>
        </form>
      )}
    </Dialog>
  );
}

interface FieldsProps {
  typed: Typed;
  set(change: Partial<Typed>): void;
  about(field: string): string | undefined;
}

const Fields = ({ typed, set, about }: FieldsProps) => (
  <>
    <TextField
      label={texts.name}
      hint={texts.nameHint}
      value={typed.name}
      onChange={(event) => set({ name: event.target.value })}
      error={about("name")}
      maxLength={100}
      required
    />
    <fieldset className="grid gap-1.5">
      <legend className="mb-1 font-medium">{texts.scope}</legend>
      {Object.entries(texts.scopes).map(([scope, [name, says]]) => (
        <label key={scope} className="flex items-baseline gap-2.5">
          <input
            type="radio"
            name="scope"
            checked={typed.scope === scope}
            onChange={() => set({ scope })}
            className="size-3.5 translate-y-0.5 accent-accent"
          />
          <span className="font-medium">{name}</span>
          <span className="text-sm text-muted">{says}</span>
        </label>
      ))}
    </fieldset>
    <Reach typed={typed} set={set} about={about} />
    <SelectField
      label={texts.expiry}
      value={typed.days}
      onChange={(event) => set({ days: event.target.value })}
      error={about("expiresInDays")}
    >
      {texts.expiries.map(([days, text]) => (
        <option key={days} value={days}>
          {text}
        </option>
      ))}
    </SelectField>
  </>
);

function Reach({ typed, set, about }: FieldsProps) {
  const apps = useQuery(appsQuery).data ?? [];
  const choose = (slug: string, isChosen: boolean) =>
    set({ apps: isChosen ? [...typed.apps, slug] : typed.apps.filter((it) => it !== slug) });
  return (
    <fieldset className="grid gap-1.5">
      <legend className="mb-1 font-medium">{texts.reach}</legend>
      {[false, true].map((isLimited) => (
        <label key={String(isLimited)} className="flex items-baseline gap-2.5">
          <input
            type="radio"
            name="reach"
            checked={typed.isLimited === isLimited}
            onChange={() => set({ isLimited })}
            className="size-3.5 translate-y-0.5 accent-accent"
          />
          {isLimited ? texts.reachSome : texts.reachAll}
        </label>
      ))}
      {typed.isLimited && (
        <div className="ml-6 grid max-h-40 gap-1 overflow-y-auto rounded-md border border-line p-2">
          {apps.length === 0 && <p className="text-sm text-muted">{texts.reachNone}</p>}
          {apps.map((app) => (
            <CheckField
              key={app.id}
              label={app.name}
              checked={typed.apps.includes(app.slug)}
              onChange={(event) => choose(app.slug, event.target.checked)}
            />
          ))}
        </div>
      )}
      {about("apps") && <p className="text-sm text-bad">{about("apps")}</p>}
    </fieldset>
  );
}
