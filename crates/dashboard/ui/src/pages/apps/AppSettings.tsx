/** An app's name, slug and searchable fields; whether it accepts events; its end. */
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Trash2 } from "lucide-react";
import { useState } from "react";
import { changeApp, type FullApp, taggedAppQuery } from "@/api/calls";
import { ask, client } from "@/api/client";
import { Button } from "@/components/Button";
import { Confirm } from "@/components/Dialog";
import { TextArea, TextField } from "@/components/Field";
import { Notice } from "@/components/Notice";
import { Panel } from "@/components/Page";
import { SaveBar } from "@/components/Saving";
import { Switch } from "@/components/Switch";
import { toast } from "@/components/toasts";
import { useAction } from "@/lib/useAction";
import { useDraft } from "@/lib/useDraft";
import { app as texts } from "@/texts/app";
import { saving } from "@/texts/saving";

const words = texts.settings;
const NAMES = { name: words.name, slug: words.slug, fields: words.fields };

interface Props {
  app: FullApp;
  tag?: string | undefined;
  refusal: string | undefined;
}

const lines = (text: string): string[] =>
  text
    .split("\n")
    .map((it) => it.trim())
    .filter(Boolean);

export function AppSettings({ app, tag, refusal }: Props) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const stored = { name: app.name, slug: app.slug, fields: (app.indexed_fields ?? []).join("\n") };
  const draft = useDraft(stored);
  const storing = useAction(async () => {
    const { fields, ...rest } = draft.changes;
    const change = { ...rest, ...(fields !== undefined && { indexed_fields: lines(fields) }) };
    let now: FullApp;
    try {
      now = await changeApp(app.slug, change, tag);
    } catch (error) {
      void queries.invalidateQueries({ queryKey: ["apps", app.slug] });
      throw error;
    }
    if (now.slug !== app.slug) {
      queries.setQueryData(taggedAppQuery(now.slug).queryKey, { it: now, tag: undefined });
      await navigate({ to: "/apps/$slug", params: { slug: now.slug }, search: {}, replace: true });
    }
    await queries.invalidateQueries({ queryKey: ["apps"] });
    draft.reset();
    toast({ tone: "good", text: saving.saved });
  });
  return (
    <Panel title={words.title}>
      <form
        className="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          void storing.run();
        }}
      >
        <Accepting app={app} refusal={refusal} />
        <TextField
          label={words.name}
          value={draft.value.name}
          onChange={(event) => draft.set({ name: event.target.value })}
          error={storing.about("name")}
          maxLength={100}
          readOnly={Boolean(refusal)}
          required
        />
        <TextField
          label={words.slug}
          hint={words.slugHint}
          isMono
          autoCapitalize="off"
          value={draft.value.slug}
          onChange={(event) => draft.set({ slug: event.target.value })}
          error={storing.about("slug")}
          readOnly={Boolean(refusal)}
          required
        />
        {draft.changes.slug !== undefined && <Notice isNew>{words.slugChanges(app.inboundUrl)}</Notice>}
        {app.indexed_fields && (
          <TextArea
            label={words.fields}
            hint={words.fieldsHint}
            isOptional
            isMono
            rows={2}
            spellCheck={false}
            value={draft.value.fields}
            onChange={(event) => draft.set({ fields: event.target.value })}
            error={storing.about("indexed_fields")}
            readOnly={Boolean(refusal)}
          />
        )}
        <SaveBar
          draft={draft}
          stored={stored}
          names={NAMES}
          isBusy={storing.isBusy}
          error={storing.general("name", "slug", "indexed_fields")}
          refusal={refusal}
        />
      </form>
    </Panel>
  );
}

function Accepting({ app, refusal }: Props) {
  const queries = useQueryClient();
  const [isAsking, setAsking] = useState(false);
  const set = async (isActive: boolean) => {
    await changeApp(app.slug, { is_active: isActive });
    await queries.invalidateQueries({ queryKey: ["apps"] });
  };
  const switching = useAction(set);
  return (
    <>
      <Switch
        label={words.active}
        hint={switching.general() ?? words.activeHint}
        isOn={app.isActive}
        refusal={refusal}
        isBusy={switching.isBusy}
        onChange={(isOn) => (isOn ? void switching.run(true) : setAsking(true))}
      />
      <Confirm
        title={words.offTitle}
        action={words.offAction}
        isDanger
        isOpen={isAsking}
        onClose={() => setAsking(false)}
        onConfirm={() => set(false)}
      >
        {words.off}
      </Confirm>
    </>
  );
}

export function RemoveApp({ app, refusal }: Props) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [isAsking, setAsking] = useState(false);
  const remove = async () => {
    await ask(client.DELETE("/api/v1/apps/{slug}", { params: { path: { slug: app.slug } } }));
    toast({ tone: "good", text: texts.remove.done(app.name) });
    await navigate({ to: "/apps" });
    queries.removeQueries({ queryKey: ["apps", app.slug] });
    await queries.invalidateQueries({ queryKey: ["apps"] });
  };
  return (
    <Panel title={texts.remove.title}>
      <div className="grid justify-items-start gap-3">
        <p className="text-sm text-pretty text-muted">{texts.remove.lead}</p>
        <Button tone="danger" icon={Trash2} refusal={refusal} onClick={() => setAsking(true)}>
          {texts.remove.action}
        </Button>
      </div>
      <Confirm
        title={texts.remove.ask(app.name)}
        action={texts.remove.action}
        isDanger
        isOpen={isAsking}
        onClose={() => setAsking(false)}
        onConfirm={remove}
        typed={{ word: app.slug, label: texts.remove.label(app.slug) }}
      >
        {texts.remove.lead}
      </Confirm>
    </Panel>
  );
}
