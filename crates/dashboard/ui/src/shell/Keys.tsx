/** Which keys do what: `?` shows it. */
import { Dialog } from "@/components/Dialog";
import { Kbd } from "@/components/Page";
import { useShortcuts } from "@/lib/shortcuts";
import { useStore } from "@/lib/store";
import { common } from "@/texts/common";
import { keys as texts } from "@/texts/shell";
import { MAIN, WORKSPACE } from "./navigation";
import { areKeysShown } from "./paletteStore";

type Key = readonly [keys: string, does: string];

const GOING: Key[] = [...MAIN, ...WORKSPACE].flatMap(({ key, label }) => (key ? [[`g ${key}`, label] as const] : []));

export function Keys() {
  const isOpen = useStore(areKeysShown);
  useShortcuts({ "?": () => areKeysShown.set(true) });
  return (
    <Dialog title={common.keyboard} isOpen={isOpen} onClose={() => areKeysShown.set(false)}>
      <div className="grid gap-x-10 gap-y-5 sm:grid-cols-2">
        <Group title={texts.everywhere} keys={texts.ofAll} />
        <Group title={texts.events} keys={texts.ofEvents} />
        <Group title={texts.going} keys={GOING} />
        <Group title={texts.event} keys={texts.ofEvent} />
      </div>
    </Dialog>
  );
}

const Group = ({ title, keys }: { title: string; keys: readonly Key[] }) => (
  <section className="grid content-start gap-1.5">
    <h3 className="text-sm font-medium text-muted">{title}</h3>
    <dl className="grid gap-1.5">
      {keys.map(([key, does]) => (
        <div key={key} className="flex flex-row-reverse items-baseline justify-between gap-4">
          <dt className="flex shrink-0 gap-1">
            {key.split(" ").map((it) => (
              <Kbd key={it}>{it}</Kbd>
            ))}
          </dt>
          <dd>{does}</dd>
        </div>
      ))}
    </dl>
  </section>
);
