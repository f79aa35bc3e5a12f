/** Which provider posts, the secret that it signs with, and its further settings. */
import { useQuery } from "@tanstack/react-query";
import { sourcesQuery } from "@/api/queries";
import { TextArea, TextField } from "@/components/Field";
import { AUTO, SourcePicker } from "@/components/SourcePicker";
import { apps } from "@/texts/apps";
import { shownSetting } from "./sourceConfig";

export interface SourceChoice {
  source: string;
  secret: string;
  settings: Record<string, string>;
}

interface Props {
  value: SourceChoice;
  onChange(change: Partial<SourceChoice>): void;
  /** What is stored of settings, to be shown until something is typed. */
  stored?: Record<string, unknown>;
  /** Whether there is a secret that stays where none is typed. */
  hasSecret?: boolean;
  /** The source stays: only its secret is asked for. */
  isSecretOnly?: boolean;
  error(field: string): string | undefined;
}

/** Help is written as parts of sentences. */
const sentence = (text: string): string => {
  const first = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(first) ? first : `${first}.`;
};

export function SourceFields({ value, onChange, stored = {}, hasSecret, isSecretOnly, error }: Props) {
  const catalogue = useQuery(sourcesQuery).data;
  const source = catalogue?.sources.find((it) => it.slug === value.source);
  const settings = source ? [...source.settings, ...(catalogue?.commonSettings ?? [])] : [];
  const isNeeded = source?.secret === "required" && !hasSecret;
  const takesSecret = source && (source.secret === "optional" || source.secret === "required");
  return (
    <>
      {!isSecretOnly && (
        <SourcePicker label={apps.form.source} value={value.source} onChange={(it) => onChange({ source: it.slug })} />
      )}
      {takesSecret && (
        <TextArea
          label={source.secretName ?? apps.secret.label}
          hint={
            <>
              {sentence(source.secretHelp)} {hasSecret ? apps.secret.keep : !isNeeded && apps.secret.later}{" "}
              {apps.secret.several}
            </>
          }
          error={error("secret")}
          isOptional={!isNeeded}
          required={isNeeded}
          isMono
          rows={1}
          className="!min-h-9"
          autoFocus={isSecretOnly}
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
          value={value.secret}
          onChange={(event) => onChange({ secret: event.target.value })}
        />
      )}
      {source && !takesSecret && (
        <p className="text-sm text-muted">{source.slug === AUTO ? apps.secret.auto : sentence(source.secretHelp)}</p>
      )}
      {settings.length > 0 && !isSecretOnly && (
        <details className="group rounded-md border border-line px-3 py-2" open={Boolean(error("sourceConfig"))}>
          <summary className="text-sm font-medium text-muted">{apps.form.more}</summary>
          <div className="grid gap-3 pt-3 pb-1">
            {settings.map((setting) => (
              <TextField
                key={setting.name}
                label={setting.name}
                hint={sentence(setting.help)}
                isOptional={!setting.required}
                isMono
                autoComplete="off"
                spellCheck={false}
                value={value.settings[setting.name] ?? shownSetting(stored[setting.name])}
                onChange={(event) => onChange({ settings: { ...value.settings, [setting.name]: event.target.value } })}
              />
            ))}
            {error("sourceConfig") && <p className="text-sm text-bad">{error("sourceConfig")}</p>}
          </div>
        </details>
      )}
    </>
  );
}
