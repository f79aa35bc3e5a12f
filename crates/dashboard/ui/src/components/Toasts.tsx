/** Where short messages appear. */
import { CircleAlert, CircleCheck, Info, X } from "lucide-react";
import { cx } from "@/lib/cx";
import { useStore } from "@/lib/store";
import { common } from "@/texts/common";
import { Button, IconButton } from "./Button";
import { dismiss, type Toast, toasts } from "./toasts";

const ICONS = { good: CircleCheck, bad: CircleAlert, plain: Info };
const COLOURS = { good: "text-good", bad: "text-bad", plain: "text-muted" };

export function Toasts() {
  const shown = useStore(toasts);
  return (
    <section
      aria-label={common.notifications}
      className="pointer-events-none fixed right-3 bottom-18 left-3 z-60 grid justify-items-end gap-2 sm:bottom-4 sm:left-auto sm:w-96"
    >
      {shown.map((it) => (
        <Shown key={it.id} toast={it} />
      ))}
    </section>
  );
}

function Shown({ toast: { id, tone, text, action } }: { toast: Toast }) {
  const Icon = ICONS[tone];
  return (
    <div
      role={tone === "bad" ? "alert" : "status"}
      className="floats pointer-events-auto flex w-full items-start gap-2.5 rounded-lg border border-line bg-raised py-2 pr-2 pl-3 shadow-float"
    >
      <Icon size={17} className={cx("mt-1.5 shrink-0", COLOURS[tone])} aria-hidden />
      <p className="min-w-0 flex-1 py-1 break-words">{text}</p>
      {action && (
        <Button
          size="sm"
          onClick={() => {
            action.run();
            dismiss(id);
          }}
        >
          {action.label}
        </Button>
      )}
      <IconButton icon={X} label={common.dismiss} size="sm" onClick={() => dismiss(id)} />
    </div>
  );
}
