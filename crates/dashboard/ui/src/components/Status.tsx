/** How something stands: icon, word and colour together, so that none of them is needed alone. */
import { Ban, CircleCheck, CircleDashed, CirclePause, CircleX, Inbox, type LucideIcon, RotateCw } from "lucide-react";
import { memo } from "react";
import { cx } from "@/lib/cx";
import { common, statusTexts } from "@/texts/common";

type Look = { icon: LucideIcon; colour: string; soft: string };

const LOOKS: Record<keyof typeof statusTexts, Look> = {
  success: { icon: CircleCheck, colour: "text-good", soft: "bg-good-soft" },
  queued: { icon: CircleDashed, colour: "text-wait", soft: "bg-wait-soft" },
  retrying: { icon: RotateCw, colour: "text-warn", soft: "bg-warn-soft" },
  held: { icon: CirclePause, colour: "text-wait", soft: "bg-wait-soft" },
  failed: { icon: CircleX, colour: "text-bad", soft: "bg-bad-soft" },
  rejected: { icon: Ban, colour: "text-bad", soft: "bg-bad-soft" },
  // Nothing was to be delivered.
  logged: { icon: Inbox, colour: "text-muted", soft: "bg-hover" },
};

const isKnown = (status: string): status is keyof typeof statusTexts => status in LOOKS;

interface Props {
  of: string;
  /** With a coloured ground, where it stands alone. */
  isBadge?: boolean;
  className?: string;
}

export const Status = memo(function Status({ of, isBadge, className }: Props) {
  const look = isKnown(of) ? LOOKS[of] : { icon: CircleDashed, colour: "text-muted", soft: "bg-hover" };
  const Icon = look.icon;
  return (
    <span
      data-status={of}
      className={cx(
        "inline-flex items-center gap-1.5 whitespace-nowrap",
        // What is as it should be does not call for attention in a list.
        of === "success" && !isBadge ? "text-muted" : `font-medium ${look.colour}`,
        isBadge && `rounded-full px-2 py-0.5 text-sm ${look.soft}`,
        className,
      )}
    >
      <Icon size={14} strokeWidth={2.25} className={cx("shrink-0", look.colour)} aria-hidden />
      {isKnown(of) ? statusTexts[of] : of || common.none}
    </span>
  );
});

/** The HTTP status of an answer. */
export const HttpStatus = memo(function HttpStatus({ code }: { code: number | null | undefined }) {
  if (!code) return <span className="text-faint">{common.none}</span>;
  const colour = code < 300 ? "text-good" : code < 400 ? "text-warn" : "text-bad";
  return <span className={cx("font-mono text-sm tabular-nums", colour)}>{code}</span>;
});

type Dot = "good" | "warn" | "bad" | "wait" | "off";
const DOTS: Record<Dot, string> = {
  good: "bg-good",
  warn: "bg-warn",
  bad: "bg-bad",
  wait: "bg-wait",
  off: "bg-line-strong",
};

/** A coloured point with its word: `Active`, `Paused` … */
export const Standing = ({ is, children }: { is: Dot; children: string }) => (
  <span className="inline-flex items-center gap-1.5 whitespace-nowrap">
    <span aria-hidden className={cx("size-2 rounded-full", DOTS[is])} />
    {children}
  </span>
);

/** Of an event that had no destination there is nothing to say but that it was stored. */
export const statusOf = (event: { status: string; outboundUrl?: string | null; deliveryAttempts: number }): string =>
  event.status === "success" && !event.outboundUrl && event.deliveryAttempts === 0 ? "logged" : event.status;
