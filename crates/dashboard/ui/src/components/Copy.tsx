/** Copying: a button, a value with its button, and secrets that are shown once. */
import { Check, Copy as CopyIcon, KeyRound } from "lucide-react";
import { type ReactNode, useEffect, useState } from "react";
import { cx } from "@/lib/cx";
import { common } from "@/texts/common";
import { Button, IconButton } from "./Button";
import { toast } from "./toasts";

const SHOWN_FOR_MS = 1_600;

export function useCopy(): [boolean, (text: string) => Promise<void>] {
  const [isDone, setDone] = useState(false);
  useEffect(() => {
    if (!isDone) return;
    const timer = setTimeout(() => setDone(false), SHOWN_FOR_MS);
    return () => clearTimeout(timer);
  }, [isDone]);
  const copy = async (text: string) => {
    try {
      await navigator.clipboard.writeText(text);
      setDone(true);
    } catch {
      toast({ tone: "bad", text: common.copyFailed });
    }
  };
  return [isDone, copy];
}

interface CopyProps {
  value: string | (() => string);
  label?: string;
  className?: string;
}

export function CopyButton({ value, label = common.copy, className }: CopyProps) {
  const [isDone, copy] = useCopy();
  return (
    <>
      <IconButton
        icon={isDone ? Check : CopyIcon}
        label={isDone ? common.copied : label}
        size="sm"
        className={cx(isDone && "text-good", className)}
        onClick={(event) => {
          event.stopPropagation();
          void copy(typeof value === "function" ? value() : value);
        }}
      />
      <span role="status" className="sr-only">
        {isDone ? common.copied : ""}
      </span>
    </>
  );
}

/** A URL, an id or a command, to be copied. */
export function CopyField({ value, label, isWrapped }: { value: string; label: string; isWrapped?: boolean }) {
  return (
    <div className="flex min-w-0 items-center gap-1 rounded-md border border-line bg-sunken py-1 pr-1 pl-2.5">
      <code
        className={cx(
          "min-w-0 flex-1 text-sm",
          isWrapped ? "break-all whitespace-pre-wrap" : "overflow-x-auto whitespace-nowrap",
        )}
        {...(!isWrapped && { tabIndex: 0, role: "textbox", "aria-readonly": true, "aria-label": label })}
      >
        {value}
      </code>
      <CopyButton value={value} label={`${common.copy}: ${label}`} />
    </div>
  );
}

interface SecretProps {
  value: string;
  label: string;
  hint?: ReactNode;
  onStored?: () => void;
}

/** A secret in the only answer that holds it. */
export function SecretOnce({ value, label, hint, onStored }: SecretProps) {
  return (
    <section aria-label={label} className="grid gap-2.5 rounded-lg border border-warn bg-warn-soft p-3.5">
      <p className="flex items-center gap-2 font-medium">
        <KeyRound size={16} className="text-warn" aria-hidden />
        {label}
      </p>
      <CopyField value={value} label={label} isWrapped />
      <p className="text-sm">
        {common.secretOnce} {hint}
      </p>
      {onStored && (
        <div>
          <Button size="sm" onClick={onStored}>
            {common.secretStored}
          </Button>
        </div>
      )}
    </section>
  );
}
