/** A value that components watch. */
import { useSyncExternalStore } from "react";

export interface Store<T> {
  get(): T;
  set(value: T): void;
  subscribe(listener: () => void): () => void;
}

export function store<T>(initial: T): Store<T> {
  let value = initial;
  const listeners = new Set<() => void>();
  return {
    get: () => value,
    set(next) {
      if (Object.is(next, value)) return;
      value = next;
      for (const listener of listeners) listener();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

export const useStore = <T>(watched: Store<T>): T => useSyncExternalStore(watched.subscribe, watched.get);

/** A store whose value outlives the page, in this browser. */
export function remembered<T>(key: string, initial: T): Store<T> {
  const name = `anyhook.${key}`;
  const kept = store(read(name, initial));
  addEventListener("storage", (event) => event.key === name && kept.set(read(name, initial)));
  return {
    ...kept,
    set(value) {
      kept.set(value);
      try {
        localStorage.setItem(name, JSON.stringify(value));
      } catch {
        // Without storage the choice lasts as long as the page.
      }
    },
  };
}

function read<T>(name: string, initial: T): T {
  try {
    const text = localStorage.getItem(name);
    return text === null ? initial : (JSON.parse(text) as T);
  } catch {
    return initial;
  }
}
