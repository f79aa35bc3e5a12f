/** Whether the page is live; a press pauses it or goes on. */
import { liveRefusal, liveState, pauseLive, resumeLive } from "@/api/live";
import { Tip } from "@/components/Tip";
import { cx } from "@/lib/cx";
import { useStore } from "@/lib/store";
import { shell } from "@/texts/shell";

const DOTS = {
  live: "bg-good",
  connecting: "bg-wait animate-[beat_1.2s_infinite]",
  reconnecting: "bg-warn animate-[beat_1.2s_infinite]",
  paused: "bg-line-strong",
  refused: "bg-bad",
};

export function LiveState({ isCompact }: { isCompact?: boolean }) {
  const state = useStore(liveState);
  const why = useStore(liveRefusal);
  const isGoing = state === "live" || state === "connecting" || state === "reconnecting";
  return (
    <Tip text={state === "refused" ? why || shell.liveHelp.refused : shell.liveHelp[state]}>
      <button
        type="button"
        data-live={state}
        onClick={isGoing ? pauseLive : resumeLive}
        className={cx(
          "flex items-center gap-2.5 rounded-md px-2 text-sm text-muted hover:bg-hover hover:text-text",
          isCompact ? "h-9" : "h-8",
        )}
      >
        <span aria-hidden className="grid size-4 place-items-center">
          <span className={cx("size-2 rounded-full", DOTS[state])} />
        </span>
        <span role="status" className={isCompact ? "max-[22rem]:sr-only" : ""}>
          {shell.live[state]}
        </span>
      </button>
    </Tip>
  );
}
