/** What the reader has typed over what is stored. What is stored may change meanwhile; what was typed stays. */
import { useCallback, useState } from "react";

export interface Draft<T> {
  /** What is stored, with what was typed over it. */
  value: T;
  /** Only what was typed and is another than what is stored. */
  changes: Partial<T>;
  isDirty: boolean;
  /** Typed members whose stored values are others than when typing began. */
  overtaken: (keyof T)[];
  set(typed: Partial<T>): void;
  /** Takes what is stored. */
  reset(...names: (keyof T)[]): void;
}

export const isSame = (a: unknown, b: unknown): boolean => a === b || JSON.stringify(a) === JSON.stringify(b);

interface Typing<T> {
  typed: Partial<T>;
  /** What was stored when typing began. */
  begun: Partial<T>;
}

export function changesOf<T extends object>(stored: T, typed: Partial<T>): Partial<T> {
  const entries = Object.entries(typed).filter(([name, value]) => !isSame(value, stored[name as keyof T]));
  return Object.fromEntries(entries) as Partial<T>;
}

export function overtakenIn<T extends object>(stored: T, { typed, begun }: Typing<T>): (keyof T)[] {
  const names = Object.keys(changesOf(stored, typed)) as (keyof T)[];
  return names.filter((name) => !isSame(begun[name], stored[name]));
}

export function useDraft<T extends object>(stored: T): Draft<T> {
  const [typing, setTyping] = useState<Typing<T>>({ typed: {}, begun: {} });
  const set = useCallback(
    (typed: Partial<T>) =>
      setTyping((before) => {
        const names = Object.keys(typed) as (keyof T)[];
        const fresh = names.filter((name) => !(name in before.typed)).map((name) => [name, stored[name]]);
        return {
          typed: { ...before.typed, ...typed },
          begun: { ...before.begun, ...(Object.fromEntries(fresh) as Partial<T>) },
        };
      }),
    [stored],
  );
  const reset = useCallback((...names: (keyof T)[]) => {
    setTyping((before) => (names.length === 0 ? { typed: {}, begun: {} } : without(before, names)));
  }, []);
  const changes = changesOf(stored, typing.typed);
  return {
    value: { ...stored, ...typing.typed },
    changes,
    isDirty: Object.keys(changes).length > 0,
    overtaken: overtakenIn(stored, typing),
    set,
    reset,
  };
}

function without<T>({ typed, begun }: Typing<T>, names: (keyof T)[]): Typing<T> {
  const left = (from: Partial<T>) =>
    Object.fromEntries(Object.entries(from).filter(([name]) => !names.includes(name as keyof T))) as Partial<T>;
  return { typed: left(typed), begun: left(begun) };
}
