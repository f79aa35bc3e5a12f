/** Which rows are selected; with shift, all between the last one and this. */
import { useCallback, useMemo, useRef, useState } from "react";
import type { Event } from "@/api/queries";

export function useSelection(rows: Event[]) {
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const last = useRef<string | undefined>(undefined);
  const latest = useRef(rows);
  latest.current = rows;
  const toggle = useCallback((id: string, isRange: boolean) => {
    const from = isRange && last.current ? last.current : id;
    last.current = id;
    setSelected((before) => {
      const next = new Set(before);
      const isOn = !before.has(id);
      for (const one of between(latest.current, from, id)) isOn ? next.add(one) : next.delete(one);
      return next;
    });
  }, []);
  const clear = useCallback(() => setSelected(new Set()), []);
  const all = rows.length > 0 && selected.size >= rows.length;
  const toggleAll = useCallback(() => {
    setSelected((before) =>
      before.size >= latest.current.length ? new Set() : new Set(latest.current.map((row) => row.id)),
    );
  }, []);
  return useMemo(() => ({ selected, toggle, clear, all, toggleAll }), [selected, toggle, clear, all, toggleAll]);
}

function between(rows: Event[], from: string, to: string): string[] {
  const ends = [rows.findIndex((row) => row.id === from), rows.findIndex((row) => row.id === to)];
  const [start, end] = [Math.min(...ends), Math.max(...ends)];
  return start < 0 ? [to] : rows.slice(start, end + 1).map((row) => row.id);
}
