/** ⌘K: pages, apps and actions by their name. */
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import {
  Activity,
  Blocks,
  CircleX,
  Keyboard,
  type LucideIcon,
  Monitor,
  Moon,
  Pause,
  Plus,
  Search,
  Sun,
} from "lucide-react";
import { Dialog } from "radix-ui";
import { type KeyboardEvent, useEffect, useId, useState } from "react";
import { liveState, pauseLive, resumeLive } from "@/api/live";
import { accountQuery, appsQuery } from "@/api/queries";
import { Kbd } from "@/components/Page";
import { Plain } from "@/components/Plain";
import { cx } from "@/lib/cx";
import { readTyped } from "@/lib/filters";
import { useStore } from "@/lib/store";
import { common } from "@/texts/common";
import { palette, shell } from "@/texts/shell";
import { MAIN, OPERATOR, WORKSPACE } from "./navigation";
import { areKeysShown, isPaletteOpen } from "./paletteStore";
import { choose } from "./theme";

interface Command {
  id: string;
  group: string;
  label: string;
  icon: LucideIcon;
  keys?: string;
  run(): unknown;
}

const isFitting = (label: string, typed: string): boolean =>
  typed
    .toLowerCase()
    .split(/\s+/)
    .every((word) => label.toLowerCase().includes(word));

function useCommands(typed: string): Command[] {
  const navigate = useNavigate();
  const apps = useQuery(appsQuery).data ?? [];
  const isPaused = useStore(liveState) === "paused";
  const { groups } = palette;
  const isOperator = useQuery(accountQuery).data?.isOperator;
  const pages = [...MAIN, ...WORKSPACE, ...(isOperator ? OPERATOR : [])].map(({ to, label, icon, key }) => ({
    id: to,
    group: groups.pages,
    label,
    icon,
    ...(key && { keys: `g ${key}` }),
    run: () => navigate({ to }),
  }));
  const theirs = apps.map((app) => ({
    id: app.id,
    group: groups.apps,
    label: app.name,
    icon: Blocks,
    run: () => navigate({ to: "/apps/$slug", params: { slug: app.slug } }),
  }));
  const action = (label: string, icon: LucideIcon, run: () => unknown): Command => ({
    id: label,
    group: groups.actions,
    label,
    icon,
    run,
  });
  const actions = [
    action(palette.createApp, Plus, () => navigate({ to: "/welcome" })),
    action(palette.failedEvents, CircleX, () => navigate({ to: "/events", search: { status: "failed" } })),
    isPaused ? action(palette.resumeLive, Activity, resumeLive) : action(palette.pauseLive, Pause, pauseLive),
    { ...action(common.keyboard, Keyboard, () => areKeysShown.set(true)), keys: "?" },
    action(`${shell.theme}: ${shell.themes.system}`, Monitor, () => choose("system")),
    action(`${shell.theme}: ${shell.themes.light}`, Sun, () => choose("light")),
    action(`${shell.theme}: ${shell.themes.dark}`, Moon, () => choose("dark")),
  ];
  const fitting = [...pages, ...theirs, ...actions].filter((it) => isFitting(it.label, typed.trim()));
  return typed.trim() ? [...fitting, search(typed, navigate)] : fitting;
}

function search(typed: string, navigate: ReturnType<typeof useNavigate>): Command {
  const { search: found, eventId } = readTyped(typed);
  const of = { id: "search", group: palette.groups.search, icon: Search };
  return eventId
    ? {
        ...of,
        label: palette.openEvent(eventId),
        run: () => navigate({ to: "/events/$id", params: { id: eventId }, search: {} }),
      }
    : { ...of, label: palette.searchEvents(typed.trim()), run: () => navigate({ to: "/events", search: found }) };
}

export function Palette() {
  const isOpen = useStore(isPaletteOpen);
  useEffect(() => {
    const press = (event: globalThis.KeyboardEvent) => {
      if (event.key.toLowerCase() !== "k" || !(event.metaKey || event.ctrlKey) || event.shiftKey || event.altKey)
        return;
      event.preventDefault();
      isPaletteOpen.set(!isPaletteOpen.get());
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, []);
  return (
    <Dialog.Root open={isOpen} onOpenChange={isPaletteOpen.set}>
      <Dialog.Portal>
        <div aria-hidden className="fixed inset-0 z-50 bg-veil" />
        <Dialog.Content
          aria-describedby={undefined}
          className="floats fixed inset-x-3 top-[10vh] z-50 mx-auto flex max-h-[70vh] max-w-xl flex-col overflow-hidden rounded-xl border border-line bg-raised shadow-float outline-none"
        >
          <Dialog.Title className="sr-only">{palette.title}</Dialog.Title>
          <Inside onDone={() => isPaletteOpen.set(false)} />
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function Inside({ onDone }: { onDone(): void }) {
  const [typed, setTyped] = useState("");
  const [at, setAt] = useState(0);
  const list = useId();
  const commands = useCommands(typed);
  const chosen = Math.min(at, commands.length - 1);
  const run = (command: Command | undefined) => {
    if (!command) return;
    onDone();
    command.run();
  };
  const press = (event: KeyboardEvent) => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (by) {
      event.preventDefault();
      setAt((chosen + by + commands.length) % Math.max(commands.length, 1));
      document.getElementById(`${list}-${(chosen + by + commands.length) % commands.length}`)?.scrollIntoView({
        block: "nearest",
      });
    } else if (event.key === "Enter" && !event.nativeEvent.isComposing) {
      event.preventDefault();
      run(commands[chosen]);
    }
  };
  return (
    <>
      <div className="flex items-center gap-2.5 border-b border-line px-4">
        <Search size={16} className="text-faint" aria-hidden />
        <input
          role="combobox"
          aria-expanded
          aria-controls={list}
          aria-activedescendant={commands[chosen] ? `${list}-${chosen}` : undefined}
          aria-label={palette.placeholder}
          placeholder={palette.placeholder}
          className="h-12 flex-1 bg-transparent text-lg !outline-none"
          value={typed}
          onChange={(event) => {
            setTyped(event.target.value);
            setAt(0);
          }}
          onKeyDown={press}
        />
      </div>
      <div
        id={list}
        role="listbox"
        aria-label={palette.title}
        tabIndex={-1}
        className="min-h-0 flex-1 overflow-y-auto p-1.5"
      >
        {commands.map((command, index) => (
          <div key={command.id} role="presentation">
            {command.group !== commands[index - 1]?.group && (
              <p role="presentation" className="px-2.5 pt-2 pb-1 text-xs text-faint">
                {command.group}
              </p>
            )}
            {/* biome-ignore lint/a11y/useKeyWithClickEvents: the input above has the keys. */}
            <div
              id={`${list}-${index}`}
              role="option"
              tabIndex={-1}
              aria-selected={index === chosen}
              onClick={() => run(command)}
              onPointerMove={() => setAt(index)}
              className={cx("flex h-9 items-center gap-3 rounded-md px-2.5", index === chosen && "bg-hover")}
            >
              <command.icon size={16} className="shrink-0 text-muted" aria-hidden />
              <Plain className="min-w-0 flex-1 truncate">{command.label}</Plain>
              {command.keys && <Kbd>{command.keys}</Kbd>}
            </div>
          </div>
        ))}
      </div>
    </>
  );
}
