/** Something that is on or off, and takes effect at once. */
import { Switch as Radix } from "radix-ui";
import { type ReactNode, useId } from "react";

interface Props {
  label: string;
  hint?: ReactNode;
  isOn: boolean;
  onChange(isOn: boolean): void;
  refusal?: string | undefined;
  isBusy?: boolean;
}

export function Switch({ label, hint, isOn, onChange, refusal, isBusy }: Props) {
  const id = useId();
  const says = refusal ?? hint;
  return (
    <div className="flex items-start justify-between gap-4">
      <div className="min-w-0">
        <label htmlFor={id} className="font-medium">
          {label}
        </label>
        {says && (
          <p id={`${id}-hint`} className="text-sm text-pretty text-muted">
            {says}
          </p>
        )}
      </div>
      <Radix.Root
        id={id}
        checked={isOn}
        disabled={Boolean(refusal) || isBusy}
        onCheckedChange={onChange}
        aria-describedby={says ? `${id}-hint` : undefined}
        className="mt-0.5 h-5 w-9 shrink-0 rounded-full bg-line-strong p-0.5 transition-colors focus-visible:rounded-full disabled:opacity-55 data-[state=checked]:bg-accent"
      >
        <Radix.Thumb className="block size-4 rounded-full bg-raised shadow-card transition-transform data-[state=checked]:translate-x-4" />
      </Radix.Root>
    </div>
  );
}
