/** Windows over the page. The veil is our own: the library's would write style elements, which the policy forbids. */
import { X } from "lucide-react";
import { Dialog as Radix, AlertDialog as RadixAlert } from "radix-ui";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { cx } from "@/lib/cx";
import { useAction } from "@/lib/useAction";
import { common } from "@/texts/common";
import { Button, IconButton } from "./Button";
import { FormError } from "./Field";

const PANEL =
  "floats fixed z-50 bg-raised shadow-float rounded-xl border border-line flex flex-col outline-none " +
  "inset-x-3 top-3 max-h-[calc(100dvh-1.5rem)] sm:inset-x-auto sm:left-1/2 sm:-translate-x-1/2 sm:top-[12vh] " +
  "sm:max-h-[76vh] sm:w-full";

const Veil = () => <div aria-hidden className="fixed inset-0 z-50 bg-veil" />;

/** While a window is open the page beneath does not scroll. */
function useStill(isStill: boolean) {
  useEffect(() => {
    if (!isStill) return;
    const { style } = document.documentElement;
    style.overflow = "hidden";
    return () => {
      style.overflow = "";
    };
  }, [isStill]);
}

const FIELDS = "input:not([type=hidden]), textarea, select, [contenteditable=true]";

/** What opened a window: for a menu's item, which is gone by then, the menu's button. */
function openerOf(): HTMLElement | null {
  const active = document.activeElement;
  const button = active?.closest("[role=menu]")?.getAttribute("aria-labelledby");
  const found = button ? document.getElementById(button) : active;
  return found instanceof HTMLElement && found !== document.body ? found : null;
}

/**
 * Where the focus goes: to the first field on opening, unless something in the window takes it by itself, and back to
 * what opened the window on closing. The library knows only openers that are its own.
 */
function useFocus(isOpen: boolean, isAsking = false) {
  const opener = useRef<HTMLElement | null>(null);
  const was = useRef(false);
  // Here, since a field that takes the focus by itself has it before any effect runs.
  if (isOpen && !was.current) opener.current = openerOf();
  was.current = isOpen;
  return {
    onOpenAutoFocus(event: Event) {
      const fields = (event.currentTarget as HTMLElement).querySelectorAll<HTMLElement>(FIELDS);
      const first = [...fields].find((it) => !it.matches(":disabled") && it.offsetParent !== null);
      if (first) {
        event.preventDefault();
        first.focus();
      } else if (!isAsking) {
        // Not to its first button, whose tip would be what Escape closes.
        event.preventDefault();
        (event.currentTarget as HTMLElement).focus();
      }
    },
    onCloseAutoFocus(event: Event) {
      if (!opener.current?.isConnected) return;
      event.preventDefault();
      opener.current.focus();
    },
  };
}

interface Props {
  title: string;
  description?: ReactNode;
  isOpen: boolean;
  onClose(): void;
  children: ReactNode;
  /** Buttons at the bottom, the one that goes on last. */
  footer?: ReactNode;
  width?: "sm" | "md" | "lg";
}

const WIDTHS = { sm: "sm:max-w-md", md: "sm:max-w-xl", lg: "sm:max-w-4xl" };

export function Dialog({ title, description, isOpen, onClose, children, footer, width = "md" }: Props) {
  useStill(isOpen);
  const focus = useFocus(isOpen);
  return (
    <Radix.Root open={isOpen} onOpenChange={(open) => !open && onClose()}>
      <Radix.Portal>
        <Veil />
        <Radix.Content
          className={cx(PANEL, WIDTHS[width])}
          {...focus}
          {...(!description && { "aria-describedby": undefined })}
        >
          <header className="flex items-start gap-4 border-b border-line py-3 pr-2.5 pl-5">
            <div className="min-w-0 flex-1 py-1">
              <Radix.Title className="text-lg font-semibold">{title}</Radix.Title>
              {description && <Radix.Description className="mt-0.5 text-muted">{description}</Radix.Description>}
            </div>
            <Radix.Close asChild>
              <IconButton icon={X} label={common.close} />
            </Radix.Close>
          </header>
          <div className="min-h-0 flex-1 overflow-y-auto px-5 py-4">{children}</div>
          {footer && (
            <footer className="flex flex-wrap justify-end gap-2 border-t border-line px-5 py-3">{footer}</footer>
          )}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

interface ConfirmProps {
  title: string;
  children: ReactNode;
  /** What the button says that does it. */
  action: string;
  isDanger?: boolean;
  isOpen: boolean;
  onClose(): void;
  onConfirm(): Promise<unknown>;
  /** A word that must be typed first, for what cannot be undone. */
  typed?: { word: string; label: string };
}

/** Asks before something happens, shows that it runs, and why it failed. */
export function Confirm({ title, children, action, isDanger, isOpen, onClose, onConfirm, typed }: ConfirmProps) {
  useStill(isOpen);
  const focus = useFocus(isOpen, true);
  const [word, setWord] = useState("");
  const doing = useAction(onConfirm);
  const close = () => {
    doing.clear();
    setWord("");
    onClose();
  };
  const isAllowed = !typed || word === typed.word;
  return (
    <RadixAlert.Root open={isOpen} onOpenChange={(open) => !open && !doing.isBusy && close()}>
      <RadixAlert.Portal>
        <Veil />
        <RadixAlert.Content aria-modal className={cx(PANEL, WIDTHS.sm, "p-5")} {...focus}>
          <form
            className="grid gap-3"
            onSubmit={async (event) => {
              event.preventDefault();
              if (isAllowed && (await doing.run())) close();
            }}
          >
            <RadixAlert.Title className="text-lg font-semibold">{title}</RadixAlert.Title>
            <RadixAlert.Description asChild>
              <div className="grid gap-2 text-muted">{children}</div>
            </RadixAlert.Description>
            {typed && (
              <label className="grid gap-1">
                <span className="font-medium">{typed.label}</span>
                <input
                  className="field font-mono"
                  value={word}
                  onChange={(event) => setWord(event.target.value)}
                  autoComplete="off"
                  spellCheck={false}
                />
              </label>
            )}
            <FormError>{doing.general()}</FormError>
            <div className="mt-2 flex flex-wrap justify-end gap-2">
              <RadixAlert.Cancel asChild>
                <Button>{common.cancel}</Button>
              </RadixAlert.Cancel>
              <Button
                type="submit"
                tone={isDanger ? "danger" : "primary"}
                isBusy={doing.isBusy}
                refusal={isAllowed ? undefined : typed?.label}
              >
                {action}
              </Button>
            </div>
          </form>
        </RadixAlert.Content>
      </RadixAlert.Portal>
    </RadixAlert.Root>
  );
}
