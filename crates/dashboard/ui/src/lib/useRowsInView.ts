/** Which rows of a long list are to be drawn, where all are of one height. */
import { type RefObject, useCallback, useLayoutEffect, useState } from "react";
import { flushSync } from "react-dom";

/** From the first row to the one before `to`. */
export interface Rows {
  from: number;
  to: number;
}

/** Drawn beyond what is seen, so that there is something when the reader scrolls on. */
const SPARE = 8;
/** Before it is known how high the window is. */
const FIRST = 30;

export function rowsInView(top: number, height: number, size: number, count: number): Rows {
  const first = Math.floor(top / size) - SPARE;
  const last = Math.ceil((top + height) / size) + SPARE;
  const to = Math.min(Math.max(last, 0), count);
  return { from: Math.min(Math.max(first, 0), to), to };
}

/** The rows, and a way to look again at once. */
export function useRowsInView(
  scroller: RefObject<HTMLElement | null>,
  count: number,
  size: number,
): [Rows, () => void] {
  const [rows, setRows] = useState<Rows>({ from: 0, to: FIRST });
  const look = useCallback(() => {
    const box = scroller.current;
    if (!box) return;
    const now = rowsInView(box.scrollTop, box.clientHeight, size, count);
    setRows((before) => (before.from === now.from && before.to === now.to ? before : now));
  }, [scroller, size, count]);
  // In the frame that scrolls, or there would be nothing to see in it.
  const lookNow = useCallback(() => flushSync(look), [look]);
  useLayoutEffect(() => {
    look();
    const box = scroller.current;
    if (!box) return;
    box.addEventListener("scroll", lookNow, { passive: true });
    const sized = new ResizeObserver(look);
    sized.observe(box);
    return () => {
      box.removeEventListener("scroll", lookNow);
      sized.disconnect();
    };
  }, [scroller, look, lookNow]);
  return [{ from: Math.min(rows.from, count), to: Math.min(rows.to, count) }, lookNow];
}
