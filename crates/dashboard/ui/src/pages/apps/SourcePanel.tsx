/** Which provider posts to an app, and whether its requests can be verified. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { changeApp, type FullApp } from "@/api/calls";
import { sourcesQuery } from "@/api/queries";
import { Button } from "@/components/Button";
import { Dialog } from "@/components/Dialog";
import { CheckField, FormError } from "@/components/Field";
import { Notice } from "@/components/Notice";
import { Fact, Facts, Panel } from "@/components/Page";
import { Plain } from "@/components/Plain";
import { AUTO, type Source } from "@/components/SourcePicker";
import { Standing } from "@/components/Status";
import { toast } from "@/components/toasts";
import { useAction } from "@/lib/useAction";
import { useFirstInvalid } from "@/lib/useFirstInvalid";
import { app as texts } from "@/texts/app";
import { common } from "@/texts/common";
import { saving } from "@/texts/saving";
import { type SourceChoice, SourceFields } from "./SourceFields";
import { configOf, shownSetting } from "./sourceConfig";

const words = texts.source;

interface Props {
  app: FullApp;
  tag: string | undefined;
  refusal: string | undefined;
  isOpenAtFirst: boolean;
}

export function SourcePanel({ app, tag, refusal, isOpenAtFirst }: Props) {
  const sources = useQuery(sourcesQuery).data?.sources ?? [];
  const source = sources.find((it) => it.slug === app.source);
  const proposed = sources.find((it) => it.slug === app.proposedSource);
  const [opened, setOpened] = useState<Opened | null>(
    isOpenAtFirst ? { source: app.source, isSecretOnly: app.source !== AUTO } : null,
  );
  const settings = Object.entries(app.sourceConfig);
  const takesSecret = source?.secret === "optional" || source?.secret === "required";
  const open = (slug: string, label: string, isSecretOnly = false) => (
    <Button size="sm" refusal={refusal} onClick={() => setOpened({ source: slug, isSecretOnly })}>
      {label}
    </Button>
  );
  return (
    <Panel
      title={words.title}
      actions={
        <>
          {open(app.source, words.change)}
          {takesSecret && open(app.source, app.hasSecret ? words.replace : words.add, true)}
        </>
      }
    >
      <div className="grid gap-3">
        {proposed && (
          <Notice title={words.proposedTitle(proposed.name)} actions={open(proposed.slug, words.use(proposed.name))}>
            {words.proposed}
          </Notice>
        )}
        <Facts>
          <Fact name={words.source}>{source?.name ?? app.source}</Fact>
          <Fact name={source?.secretName ?? words.secret}>
            <SecretState app={app} source={source} />
          </Fact>
          {settings.map(([name, value]) => (
            <Fact key={name} name={name}>
              <Plain className="font-mono text-sm" most={200}>
                {shownSetting(value)}
              </Plain>
            </Fact>
          ))}
        </Facts>
      </div>
      {opened !== null && <Editing app={app} tag={tag} opened={opened} onClose={() => setOpened(null)} />}
    </Panel>
  );
}

function SecretState({ app, source }: { app: FullApp; source: Source | undefined }) {
  if (app.source === AUTO) return <Standing is="warn">{words.auto}</Standing>;
  if (source?.secret === "none") return <span className="text-muted">{words.unsigned}</span>;
  if (source?.secret === "published") return <Standing is="good">{words.published}</Standing>;
  if (!app.hasSecret) {
    const isNeeded = source?.secret === "required";
    return <span className={isNeeded ? "text-bad" : "text-warn"}>{isNeeded ? words.mustHave : words.missing}</span>;
  }
  return (
    <>
      <Standing is="good">{words.verified}</Standing>
      <span className="block text-sm text-muted">{words.stored}</span>
    </>
  );
}

interface Opened {
  source: string;
  isSecretOnly: boolean;
}

interface EditingProps {
  app: FullApp;
  tag: string | undefined;
  opened: Opened;
  onClose(): void;
}

function Editing({ app, tag, opened, onClose }: EditingProps) {
  const queries = useQueryClient();
  const [typed, setTyped] = useState<SourceChoice>({ source: opened.source, secret: "", settings: {} });
  const [isRemoving, setRemoving] = useState(false);
  const isSameSource = typed.source === app.source;
  const storing = useAction(async () => {
    // Settings are the source's own: another one begins without any.
    const config = configOf(isSameSource ? app.sourceConfig : {}, typed.settings);
    const secret = typed.secret.trim();
    await changeApp(
      app.slug,
      { source: typed.source, source_config: config, ...(secret ? { secret } : isRemoving && { secret: null }) },
      tag,
    );
    await queries.invalidateQueries({ queryKey: ["apps"] });
    toast({ tone: "good", text: secret ? words.saved : saving.saved });
    onClose();
  });
  const form = useFirstInvalid<HTMLFormElement>(storing.error);
  const error = (field: string) =>
    storing.about(field) ?? (field === "sourceConfig" ? storing.about("source_config") : undefined);
  return (
    <Dialog
      title={opened.isSecretOnly && app.hasSecret ? words.replace : words.title2}
      isOpen
      onClose={onClose}
      width={opened.isSecretOnly ? "sm" : "md"}
    >
      <form
        ref={form}
        className="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          void storing.run();
        }}
      >
        <SourceFields
          value={typed}
          onChange={(change) => setTyped({ ...typed, ...change })}
          stored={isSameSource ? app.sourceConfig : {}}
          hasSecret={app.hasSecret}
          isSecretOnly={opened.isSecretOnly}
          error={error}
        />
        {app.hasSecret && typed.secret.trim() === "" && (
          <CheckField
            label={words.removeSecret}
            hint={words.removeHint}
            checked={isRemoving}
            onChange={(event) => setRemoving(event.target.checked)}
          />
        )}
        <FormError>{storing.general("secret", "sourceConfig", "source_config")}</FormError>
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{common.cancel}</Button>
          <Button type="submit" tone="primary" isBusy={storing.isBusy}>
            {saving.save}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
