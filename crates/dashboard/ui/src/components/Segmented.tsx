/** One of a few, side by side. */
import { useId } from "react";
import { cx } from "@/lib/cx";

interface Props<T extends string> {
  label: string;
  options: readonly { value: T; text: string }[];
  value: T;
  onChange(value: T): void;
  isDisabled?: boolean;
}

export function Segmented<T extends string>({ label, options, value, onChange, isDisabled }: Props<T>) {
  const name = useId();
  return (
    <fieldset
      disabled={isDisabled}
      className="inline-flex w-fit max-w-full flex-wrap gap-0.5 rounded-lg bg-sunken p-0.5 ring-1 ring-line ring-inset"
    >
      <legend className="sr-only">{label}</legend>
      {options.map((option) => (
        <label
          key={option.value}
          className={cx(
            "cursor-pointer rounded-md px-2.5 py-1 text-sm text-muted transition-colors select-none hover:text-text",
            "has-checked:bg-raised has-checked:font-medium has-checked:text-text has-checked:ring-1 has-checked:ring-line-strong",
            "has-focus-visible:outline-2 has-focus-visible:outline-accent has-disabled:cursor-not-allowed has-disabled:opacity-60",
          )}
        >
          <input
            type="radio"
            name={name}
            value={option.value}
            checked={option.value === value}
            onChange={() => onChange(option.value)}
            className="sr-only"
          />
          {option.text}
        </label>
      ))}
    </fieldset>
  );
}
