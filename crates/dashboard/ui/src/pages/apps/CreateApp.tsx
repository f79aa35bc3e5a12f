/** Making an app, and what to do with it next. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { ask, client, type Schemas } from "@/api/client";
import { type App, sourcesQuery } from "@/api/queries";
import { Button, buttonClass } from "@/components/Button";
import { CopyField, SecretOnce } from "@/components/Copy";
import { Dialog } from "@/components/Dialog";
import { FormError, TextField } from "@/components/Field";
import { AUTO } from "@/components/SourcePicker";
import { useAction } from "@/lib/useAction";
import { useFirstInvalid } from "@/lib/useFirstInvalid";
import { apps } from "@/texts/apps";
import { common } from "@/texts/common";
import { SourceFields } from "./SourceFields";
import { configOf } from "./sourceConfig";

const NOTHING = { name: "", slug: "", source: AUTO, secret: "", settings: {} as Record<string, string>, url: "" };
type Typed = typeof NOTHING;

function bodyOf(typed: Typed): Schemas["NewApp"] {
  const config = configOf({}, typed.settings);
  return {
    name: typed.name,
    source: typed.source,
    ...(typed.slug.trim() && { slug: typed.slug.trim() }),
    ...(typed.secret.trim() && { secret: typed.secret.trim() }),
    ...(Object.keys(config).length > 0 && { source_config: config as Record<string, never> }),
    ...(typed.url.trim() && { destinations: [{ url: typed.url.trim() }] }),
  };
}

/** What was typed stays until the app is made, also when the window is closed. */
export function CreateApp({ isOpen, onClose }: { isOpen: boolean; onClose(): void }) {
  const queries = useQueryClient();
  const [typed, setTyped] = useState(NOTHING);
  const [made, setMade] = useState<App>();
  const creating = useAction(async () => {
    const app = await ask(client.POST("/api/v1/apps", { body: bodyOf(typed) }));
    setMade(app);
    setTyped(NOTHING);
    await queries.invalidateQueries({ queryKey: ["apps"] });
  });
  const form = useFirstInvalid<HTMLFormElement>(creating.error);
  const close = () => {
    setMade(undefined);
    creating.clear();
    onClose();
  };
  if (made) return <Made app={made} isOpen={isOpen} onClose={close} />;
  return (
    <Dialog title={apps.form.title} isOpen={isOpen} onClose={close}>
      <form
        ref={form}
        className="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          void creating.run();
        }}
      >
        <Fields typed={typed} set={(change) => setTyped({ ...typed, ...change })} about={creating.about} />
        <FormError>
          {creating.general("name", "slug", "secret", "source_config", "sourceConfig", "destinations[0].url")}
        </FormError>
        <div className="flex justify-end gap-2">
          <Button onClick={close}>{common.cancel}</Button>
          <Button type="submit" tone="primary" isBusy={creating.isBusy}>
            {apps.create}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

interface FieldsProps {
  typed: Typed;
  set(change: Partial<Typed>): void;
  about(field: string): string | undefined;
}

function Fields({ typed, set, about }: FieldsProps) {
  const error = (field: string) => about(field) ?? (field === "sourceConfig" ? about("source_config") : undefined);
  return (
    <>
      <TextField
        label={apps.form.name}
        value={typed.name}
        placeholder={apps.form.namePlaceholder}
        onChange={(event) => set({ name: event.target.value })}
        error={about("name")}
        maxLength={100}
        required
      />
      <SourceFields value={typed} onChange={set} error={error} />
      <TextField
        label={apps.form.destination}
        hint={apps.form.destinationHint}
        isOptional
        type="url"
        inputMode="url"
        placeholder="https://"
        value={typed.url}
        onChange={(event) => set({ url: event.target.value })}
        error={about("destinations[0].url")}
      />
      <TextField
        label={apps.form.slug}
        hint={apps.form.slugHint}
        isOptional
        isMono
        autoCapitalize="off"
        value={typed.slug}
        onChange={(event) => set({ slug: event.target.value })}
        error={about("slug")}
      />
    </>
  );
}

function Made({ app, isOpen, onClose }: { app: App; isOpen: boolean; onClose(): void }) {
  const source = useQuery(sourcesQuery).data?.sources.find((it) => it.slug === app.source);
  const secret = app.destinations[0]?.signing_secret;
  return (
    <Dialog
      title={apps.form.doneTitle(app.name)}
      isOpen={isOpen}
      onClose={onClose}
      footer={
        <Link to="/apps/$slug" params={{ slug: app.slug }} search={{}} className={buttonClass("primary")}>
          {apps.form.open}
        </Link>
      }
    >
      <div className="grid gap-5">
        <section className="grid gap-2">
          <h3 className="font-medium">{apps.form.doneUrl}</h3>
          <CopyField value={app.inboundUrl} label={apps.columns.url} isWrapped />
          {source && <p className="text-sm text-pretty text-muted">{source.setup}</p>}
        </section>
        {secret && <SecretOnce value={secret} label={apps.form.signing} hint={apps.form.signingHint} />}
      </div>
    </Dialog>
  );
}
