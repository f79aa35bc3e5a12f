/** Something that the reader does and that may fail: busy, the error, and the field that is to blame. */
import { useCallback, useRef, useState } from "react";
import { ApiError, sentenceOf } from "@/api/errors";

export interface Action<A extends unknown[]> {
  run(...args: A): Promise<boolean>;
  isBusy: boolean;
  error: unknown;
  /** The error's sentence, unless it is about one of `fields`, beside which it stands then. */
  general(...fields: string[]): string | undefined;
  /** The error's sentence if it is about this field. The API names nested ones `tenant.name`. */
  about(field: string): string | undefined;
  clear(): void;
}

export function useAction<A extends unknown[]>(doIt: (...args: A) => Promise<unknown>): Action<A> {
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const latest = useRef(doIt);
  latest.current = doIt;
  const running = useRef(false);
  const run = useCallback(async (...args: A) => {
    if (running.current) return false;
    running.current = true;
    setBusy(true);
    setError(undefined);
    try {
      await latest.current(...args);
      return true;
    } catch (failure) {
      if (!(failure instanceof ApiError)) console.error(failure);
      setError(failure);
      return false;
    } finally {
      running.current = false;
      setBusy(false);
    }
  }, []);
  const field = error instanceof ApiError ? error.field : undefined;
  const about = (name: string) => (field === name ? sentenceOf(error) : undefined);
  const general = (...fields: string[]) =>
    error === undefined || (field && fields.includes(field)) ? undefined : sentenceOf(error);
  return { run, isBusy, error, about, general, clear: () => setError(undefined) };
}
