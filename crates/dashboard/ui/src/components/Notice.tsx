/** Something about the page that the reader should know, with what to do about it. */
import { CircleAlert, CircleCheck, Info, type LucideIcon, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { cx } from "@/lib/cx";

type Tone = "plain" | "good" | "warn" | "bad";

const LOOKS: Record<Tone, { icon: LucideIcon; colour: string; ground: string }> = {
  plain: { icon: Info, colour: "text-wait", ground: "bg-wait-soft border-wait/25" },
  good: { icon: CircleCheck, colour: "text-good", ground: "bg-good-soft border-good/25" },
  warn: { icon: TriangleAlert, colour: "text-warn", ground: "bg-warn-soft border-warn/30" },
  bad: { icon: CircleAlert, colour: "text-bad", ground: "bg-bad-soft border-bad/30" },
};

interface Props {
  tone?: Tone;
  title?: ReactNode;
  children?: ReactNode;
  actions?: ReactNode;
  /** It has appeared just now, and is to be told to those who do not see it. */
  isNew?: boolean;
  className?: string;
}

export function Notice({ tone = "plain", title, children, actions, isNew, className }: Props) {
  const { icon: Icon, colour, ground } = LOOKS[tone];
  return (
    <div
      role={isNew ? (tone === "bad" ? "alert" : "status") : undefined}
      className={cx("flex flex-wrap items-start gap-x-4 gap-y-2.5 rounded-lg border px-3.5 py-2.5", ground, className)}
    >
      <div className="flex min-w-0 flex-1 basis-64 items-start gap-2.5">
        <Icon size={17} className={cx("mt-0.5 shrink-0", colour)} aria-hidden />
        <div className="grid min-w-0 gap-0.5">
          {title && <p className="font-medium text-pretty">{title}</p>}
          {children && <div className="grid gap-1.5 text-pretty break-words">{children}</div>}
        </div>
      </div>
      {actions && <div className="flex flex-wrap items-center gap-2">{actions}</div>}
    </div>
  );
}
