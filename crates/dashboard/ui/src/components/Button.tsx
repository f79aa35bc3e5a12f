/** Buttons: one look for each weight, one place that knows about being busy or not allowed. */
import { LoaderCircle, type LucideIcon } from "lucide-react";
import { type ComponentProps, type ReactNode, useId } from "react";
import { cx } from "@/lib/cx";
import { Tip } from "./Tip";

export type Tone = "primary" | "plain" | "quiet" | "danger";

const TONES: Record<Tone, string> = {
  primary: "bg-accent text-on-accent border-transparent hover:bg-accent-hover shadow-card",
  plain: "bg-raised text-text border-line-strong hover:bg-hover shadow-card",
  quiet: "bg-transparent text-muted border-transparent hover:bg-hover hover:text-text",
  danger: "bg-raised text-bad border-line-strong hover:bg-bad-soft hover:border-bad shadow-card",
};

const SIZES = { md: "h-9 px-3.5 text-base", sm: "h-7 px-2.5 text-sm", lg: "h-11 px-5 text-lg" };

export function buttonClass(tone: Tone = "plain", size: keyof typeof SIZES = "md", more?: string): string {
  return cx(
    "inline-flex items-center justify-center gap-1.5 rounded-md border font-medium whitespace-nowrap select-none",
    "transition-colors duration-100 no-underline",
    "aria-disabled:opacity-55 aria-disabled:pointer-events-auto disabled:opacity-55",
    TONES[tone],
    SIZES[size],
    more,
  );
}

interface Props extends Omit<ComponentProps<"button">, "disabled"> {
  tone?: Tone;
  size?: keyof typeof SIZES;
  icon?: LucideIcon;
  isBusy?: boolean;
  /** Why it cannot be pressed; told on hover and focus, which is why the button stays reachable. */
  refusal?: string | undefined;
  /** A key that does the same. */
  hint?: ReactNode;
}

export function Button({
  tone,
  size,
  icon: Icon,
  isBusy,
  refusal,
  hint,
  className,
  children,
  onClick,
  ...rest
}: Props) {
  const why = useId();
  const isOff = Boolean(refusal) || isBusy;
  const button = (
    <button
      type="button"
      {...rest}
      className={buttonClass(tone, size, className)}
      aria-disabled={isOff || undefined}
      aria-busy={isBusy || undefined}
      aria-describedby={refusal ? why : rest["aria-describedby"]}
      onClick={isOff ? (event) => event.preventDefault() : onClick}
    >
      {isBusy ? (
        <LoaderCircle size={15} className="animate-spin" aria-hidden />
      ) : (
        Icon && <Icon size={15} strokeWidth={2} aria-hidden />
      )}
      {children}
      {hint}
      {refusal && (
        <span id={why} className="sr-only">
          {refusal}
        </span>
      )}
    </button>
  );
  return refusal ? <Tip text={refusal}>{button}</Tip> : button;
}

interface IconProps extends ComponentProps<"button"> {
  icon: LucideIcon;
  label: string;
  size?: "sm" | "md";
}

export function IconButton({ icon: Icon, label, size = "md", className, ...rest }: IconProps) {
  return (
    <Tip text={label}>
      <button
        type="button"
        aria-label={label}
        {...rest}
        className={cx(
          "inline-flex shrink-0 items-center justify-center rounded-md text-muted transition-colors hover:bg-hover",
          "hover:text-text disabled:opacity-50 data-[state=open]:bg-hover",
          size === "sm" ? "size-7" : "size-9",
          className,
        )}
      >
        <Icon size={size === "sm" ? 15 : 17} aria-hidden />
      </button>
    </Tip>
  );
}
