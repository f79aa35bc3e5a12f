/** The end of a form over something stored: saving, discarding, and what others changed meanwhile. */

import type { Draft } from "@/lib/useDraft";
import { saving } from "@/texts/saving";
import { Button } from "./Button";
import { FormError } from "./Field";
import { Notice } from "./Notice";
import { Plain } from "./Plain";

interface Props<T> {
  draft: Draft<T>;
  /** What is stored now, to show what others changed. */
  stored: T;
  /** How the members are called on the page. */
  names: Partial<Record<keyof T, string>>;
  isBusy: boolean;
  error?: string | undefined;
  refusal?: string | undefined;
}

const shown = (value: unknown): string => {
  if (value === null || value === undefined || value === "") return saving.nothing;
  return typeof value === "string" ? value : JSON.stringify(value);
};

export function SaveBar<T extends object>({ draft, stored, names, isBusy, error, refusal }: Props<T>) {
  if (!draft.isDirty && !error) return null;
  return (
    <div className="grid gap-3 border-t border-line pt-3">
      {draft.overtaken.length > 0 && (
        <Notice
          tone="warn"
          title={saving.changedTitle}
          isNew
          actions={
            <Button size="sm" onClick={() => draft.reset(...draft.overtaken)}>
              {saving.take}
            </Button>
          }
        >
          <p>{saving.changed}</p>
          <ul className="grid gap-0.5">
            {draft.overtaken.map((name) => (
              <li key={String(name)}>
                <Plain most={200}>{saving.storedNow(names[name] ?? String(name), shown(stored[name]))}</Plain>
              </li>
            ))}
          </ul>
        </Notice>
      )}
      <FormError>{error}</FormError>
      {draft.isDirty && (
        <div className="flex flex-wrap items-center justify-end gap-2">
          <span className="mr-auto text-sm text-muted">{saving.unsaved}</span>
          <Button onClick={() => draft.reset()}>{saving.discard}</Button>
          <Button type="submit" tone="primary" isBusy={isBusy} refusal={refusal}>
            {saving.save}
          </Button>
        </div>
      )}
    </div>
  );
}
