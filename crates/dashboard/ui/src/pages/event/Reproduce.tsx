/** The request as a command or as code, to be sent again from elsewhere. */
import { useMemo, useState } from "react";
import { Code } from "@/components/Code";
import { CopyButton } from "@/components/Copy";
import { SelectField } from "@/components/Field";
import { cx } from "@/lib/cx";
import { type Language, type Sent, snippet } from "@/lib/snippets";
import { event } from "@/texts/event";

const { reproduce: texts } = event;
const LANGUAGES: Language[] = ["curl", "javascript", "python"];

interface Props {
  sent: Omit<Sent, "url">;
  inbound: string;
  /** Where else it may go. */
  urls: string[];
}

export function Reproduce({ sent, inbound, urls }: Props) {
  const [language, setLanguage] = useState<Language>("curl");
  const [url, setUrl] = useState(inbound);
  const text = useMemo(() => snippet(language, { ...sent, url }), [language, sent, url]);
  return (
    <div className="grid gap-3 p-4">
      <p className="text-sm text-muted">{texts.lead}</p>
      <div className="grid items-end gap-3 sm:grid-cols-[1fr_auto]">
        <SelectField label={texts.to} value={url} onChange={(changed) => setUrl(changed.target.value)}>
          <option value={inbound}>{texts.inbound}</option>
          {urls.map((it) => (
            <option key={it} value={it}>
              {it}
            </option>
          ))}
        </SelectField>
        <div className="flex items-center gap-1">
          {LANGUAGES.map((name) => (
            <button
              key={name}
              type="button"
              aria-pressed={language === name}
              onClick={() => setLanguage(name)}
              className={cx("h-9 rounded-md px-2.5 text-sm", language === name ? "bg-hover font-medium" : "text-muted")}
            >
              {texts.languages[name]}
            </button>
          ))}
          <CopyButton value={text} />
        </div>
      </div>
      {sent.body === null && <p className="text-sm text-warn">{`${texts.file} (${sent.file})`}</p>}
      <Code text={text.slice(0, 200_000)} label={texts.languages[language]} language="text" />
    </div>
  );
}
