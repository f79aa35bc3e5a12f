/** Brings the first field that is to blame into view and focus: in a long form it may be out of sight. */
import { type RefObject, useEffect, useRef } from "react";

export function useFirstInvalid<E extends HTMLElement>(error: unknown): RefObject<E | null> {
  const form = useRef<E>(null);
  useEffect(() => {
    if (error !== undefined) form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }, [error]);
  return form;
}
