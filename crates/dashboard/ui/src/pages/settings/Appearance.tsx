/** What this browser remembers: the theme, and whether payloads stay closed. */
import { CheckField } from "@/components/Field";
import { Panel } from "@/components/Page";
import { Segmented } from "@/components/Segmented";
import { hidesPayloads } from "@/lib/hidesPayloads";
import { useStore } from "@/lib/store";
import { choose, type Theme, theme } from "@/shell/theme";
import { settings } from "@/texts/settings";
import { shell } from "@/texts/shell";

const THEMES = (Object.keys(shell.themes) as Theme[]).map((value) => ({ value, text: shell.themes[value] }));

export function Appearance() {
  const chosen = useStore(theme);
  const isHiding = useStore(hidesPayloads);
  const { appearance, workspace } = settings;
  return (
    <Panel title={appearance.title} lead={appearance.hint}>
      <div className="grid gap-5">
        <div className="flex flex-wrap items-center justify-between gap-3">
          <span className="font-medium">{appearance.theme}</span>
          <Segmented<Theme> label={appearance.theme} options={THEMES} value={chosen} onChange={choose} />
        </div>
        <CheckField
          label={workspace.hide}
          hint={workspace.hideHint}
          checked={isHiding}
          onChange={(event) => hidesPayloads.set(event.target.checked)}
        />
      </div>
    </Panel>
  );
}
