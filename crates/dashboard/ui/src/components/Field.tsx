/** Inputs with their label, hint and error, tied together for those who cannot see them. */
import { CircleAlert } from "lucide-react";
import { type ComponentProps, type ReactNode, useId } from "react";
import { cx } from "@/lib/cx";
import { common } from "@/texts/common";

interface About {
  label: string;
  hint?: ReactNode;
  error?: string | undefined;
  isOptional?: boolean;
  /** Beside the label, at the line's end. */
  aside?: ReactNode;
}

interface Wiring {
  id: string;
  "aria-invalid"?: true | undefined;
  "aria-describedby"?: string | undefined;
}

export function Field({ children, ...about }: About & { children: (wiring: Wiring) => ReactNode }) {
  const id = useId();
  const { label, hint, error, isOptional, aside } = about;
  const described = [error && `${id}-error`, hint && `${id}-hint`].filter(Boolean).join(" ") || undefined;
  return (
    <div className="grid gap-1">
      <div className="flex items-baseline justify-between gap-3">
        <label htmlFor={id} className="font-medium">
          {label}
        </label>
        {isOptional && <span className="text-xs text-faint">{common.optional}</span>}
        {aside}
      </div>
      {children({ id, "aria-invalid": error ? true : undefined, "aria-describedby": described })}
      {error && <FieldError id={`${id}-error`}>{error}</FieldError>}
      {hint && (
        <p id={`${id}-hint`} className="text-sm text-muted">
          {hint}
        </p>
      )}
    </div>
  );
}

const FieldError = ({ id, children }: { id: string; children: ReactNode }) => (
  <p id={id} className="flex items-start gap-1.5 text-sm text-bad">
    <CircleAlert size={14} className="mt-0.5 shrink-0" aria-hidden />
    <span>{children}</span>
  </p>
);

type InputProps = About & Omit<ComponentProps<"input">, "id"> & { isMono?: boolean };

export function TextField({ label, hint, error, isOptional, aside, isMono, className, ...input }: InputProps) {
  return (
    <Field {...{ label, hint, error, isOptional, aside }}>
      {(wiring) => <input {...input} {...wiring} className={cx("field", isMono && "font-mono text-sm", className)} />}
    </Field>
  );
}

type AreaProps = About & Omit<ComponentProps<"textarea">, "id"> & { isMono?: boolean };

export function TextArea({ label, hint, error, isOptional, aside, isMono, className, ...input }: AreaProps) {
  return (
    <Field {...{ label, hint, error, isOptional, aside }}>
      {(wiring) => (
        <textarea {...input} {...wiring} className={cx("field min-h-20", isMono && "font-mono text-sm", className)} />
      )}
    </Field>
  );
}

type SelectProps = About & Omit<ComponentProps<"select">, "id">;

/** The browser's own: nothing works better on a phone or with a screen reader. */
export function SelectField({ label, hint, error, isOptional, aside, className, children, ...input }: SelectProps) {
  return (
    <Field {...{ label, hint, error, isOptional, aside }}>
      {(wiring) => (
        <select {...input} {...wiring} className={cx("field", className)}>
          {children}
        </select>
      )}
    </Field>
  );
}

type CheckProps = { label: ReactNode; hint?: ReactNode } & Omit<ComponentProps<"input">, "id" | "type">;

export function CheckField({ label, hint, className, ...input }: CheckProps) {
  const id = useId();
  return (
    <div className={cx("flex items-start gap-2.5", className)}>
      <input
        {...input}
        type="checkbox"
        id={id}
        aria-describedby={hint ? `${id}-hint` : undefined}
        className="mt-0.5 size-4 shrink-0 accent-accent"
      />
      <div>
        <label htmlFor={id}>{label}</label>
        {hint && (
          <p id={`${id}-hint`} className="text-sm text-muted">
            {hint}
          </p>
        )}
      </div>
    </div>
  );
}

/** What went wrong with a form as a whole. */
export function FormError({ children }: { children: ReactNode }) {
  if (!children) return null;
  return (
    <p role="alert" className="flex items-start gap-2 rounded-md bg-bad-soft px-3 py-2 text-sm text-bad">
      <CircleAlert size={16} className="mt-px shrink-0" aria-hidden />
      <span>{children}</span>
    </p>
  );
}
