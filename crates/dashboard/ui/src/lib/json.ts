/** JSON as rows of a tree, of which only those that are open exist. */

/** A number that JavaScript would round: shown as it was written. */
export class Exact {
  constructor(readonly text: string) {}
}

type Reviver = (this: unknown, key: string, value: unknown, context?: { source?: string }) => unknown;

/** Undefined where it is no JSON. */
export function parse(text: string): unknown {
  const exact: Reviver = (_key, value, context) => {
    const source = context?.source;
    return typeof value === "number" && source && isRounded(value, source) ? new Exact(source) : value;
  };
  try {
    return /\d{16}/.test(text) ? parsedExactly(text, exact) : (JSON.parse(text) as unknown);
  } catch {
    return undefined;
  }
}

function parsedExactly(text: string, exact: Reviver): unknown {
  try {
    return JSON.parse(text, exact as never) as unknown;
  } catch (error) {
    // So deep that going through it again is too much.
    if (error instanceof RangeError) return JSON.parse(text) as unknown;
    throw error;
  }
}

const isRounded = (value: number, source: string): boolean =>
  /^-?\d+$/.test(source) ? !Number.isSafeInteger(value) : source.replace(/\D/g, "").length > 17;

export interface Row {
  /** Of the tree, from 1. */
  level: number;
  name: string | null;
  value: unknown;
  /** An object or array, and whether it is open. */
  isOpen: boolean | undefined;
  size: number;
  /** In place of children that are not shown yet. */
  hidden?: { of: object; count: number };
}

export interface Openness {
  isOpen(value: object, level: number): boolean;
  /** How many children of it are shown at most. */
  shown(value: object): number;
}

export const FIRST_SHOWN = 100;
const MOST_ROWS = 200_000;

export const isContainer = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !(value instanceof Exact);

const sizeOf = (value: unknown): number =>
  Array.isArray(value) ? value.length : isContainer(value) ? Object.keys(value).length : 0;

/** The rows in their order. Without recursion: what is nested ten thousand deep must not end the page. */
export function rowsOf(root: unknown, openness: Openness): Row[] {
  const rows: Row[] = [];
  const waiting: (() => void)[] = [];
  const visit = (name: string | null, value: unknown, level: number) => {
    const isOpen = isContainer(value) ? openness.isOpen(value, level) : undefined;
    rows.push({ level, name, value, isOpen, size: sizeOf(value) });
    if (isOpen) openUp(value as object, level);
  };
  const openUp = (value: object, level: number) => {
    const names = Array.isArray(value) ? undefined : Object.keys(value);
    const count = names?.length ?? (value as unknown[]).length;
    const shown = Math.min(count, openness.shown(value));
    if (shown < count) {
      const hidden = { of: value, count: count - shown };
      waiting.push(() => rows.push({ level: level + 1, name: null, value: null, isOpen: undefined, size: 0, hidden }));
    }
    for (let at = shown - 1; at >= 0; at -= 1) {
      const name = names ? (names[at] ?? "") : String(at);
      const child = names ? (value as Record<string, unknown>)[name] : (value as unknown[])[at];
      waiting.push(() => visit(name, child, level + 1));
    }
  };
  visit(null, root, 1);
  while (waiting.length > 0 && rows.length < MOST_ROWS) waiting.pop()?.();
  return rows;
}

/** Indented, with names in order if two of them are to be compared. Undefined where it is no JSON. */
export function pretty(text: string, isSorted = false): string | undefined {
  const value = parse(text);
  if (value === undefined) return undefined;
  try {
    const written = (_name: string, one: unknown): unknown => {
      if (one instanceof Exact) return rawJson(one.text);
      if (!isSorted || !isContainer(one) || Array.isArray(one)) return one;
      return Object.fromEntries(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1)));
    };
    return JSON.stringify(value, written, 2);
  } catch {
    return undefined;
  }
}

/** Browsers that keep a number's source can write it, too; others quote it. */
const rawJson = (text: string): unknown => {
  const raw = (JSON as { rawJSON?: (text: string) => unknown }).rawJSON;
  return raw ? raw(text) : text;
};
