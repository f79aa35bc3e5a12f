/** Single keys that act while nobody types. */
import { useEffect, useRef } from "react";

/** What answers `false` has left the key to others. */
export type Shortcuts = Record<string, (event: KeyboardEvent) => unknown>;

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || /^(input|textarea|select)$/i.test(target.tagName));

/** A window over the page has the keys to itself. */
const isCovered = (): boolean => document.querySelector('[role="dialog"],[role="alertdialog"],[role="menu"]') !== null;

export function useShortcuts(shortcuts: Shortcuts): void {
  const latest = useRef(shortcuts);
  latest.current = shortcuts;
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const isCheckbox = event.target instanceof HTMLInputElement && event.target.type === "checkbox";
      if (event.metaKey || event.ctrlKey || event.altKey || event.defaultPrevented) return;
      if ((isTyping(event.target) && !isCheckbox) || isCovered()) return;
      const act = latest.current[event.key];
      if (act && act(event) !== false) event.preventDefault();
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, []);
}
