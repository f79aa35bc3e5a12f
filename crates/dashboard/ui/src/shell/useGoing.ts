/** `g` and a letter go to a page. */
import { useNavigate } from "@tanstack/react-router";
import { useRef } from "react";
import { useShortcuts } from "@/lib/shortcuts";
import { MAIN, WORKSPACE } from "./navigation";

const WITHIN_MS = 1_000;

export function useGoing(): void {
  const navigate = useNavigate();
  const pressedAt = useRef(0);
  const letters = [...MAIN, ...WORKSPACE].flatMap(({ key, to }) => {
    const go = (event: KeyboardEvent) => {
      if (event.timeStamp - pressedAt.current > WITHIN_MS) return false;
      pressedAt.current = 0;
      return navigate({ to });
    };
    return key ? [[key, go] as const] : [];
  });
  useShortcuts({
    ...Object.fromEntries(letters),
    g: (event) => {
      pressedAt.current = event.timeStamp;
    },
  });
}
