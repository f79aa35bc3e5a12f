/** A form over something stored, which is saved as a whole and keeps what was typed whatever happens. */
import type { ReactNode } from "react";
import { useAction } from "@/lib/useAction";
import { useDraft } from "@/lib/useDraft";
import { useFirstInvalid } from "@/lib/useFirstInvalid";
import { saving } from "@/texts/saving";
import { Panel } from "./Page";
import { SaveBar } from "./Saving";
import { toast } from "./toasts";

export interface FormView<T> {
  value: T;
  changes: Partial<T>;
  set(change: Partial<T>): void;
  /** What the API has against this field of its own. */
  error(field: string): string | undefined;
  isReadOnly: boolean;
}

interface Props<T> {
  title: string;
  lead?: ReactNode;
  stored: T;
  names: Partial<Record<keyof T, string>>;
  /** The API's names of the fields that show their own errors. */
  fields: readonly string[];
  /** Stores, and waits until what is stored is known anew. */
  store(changes: Partial<T>, value: T): Promise<unknown>;
  /** When it failed, what is stored may be another. */
  onFailure?(): void;
  refusal: string | undefined;
  /** Why it cannot be saved as it is. */
  problem?(value: T): string | undefined;
  children(form: FormView<T>): ReactNode;
}

export function SettingsForm<T extends object>(props: Props<T>) {
  const { title, lead, stored, names, fields, store, onFailure, refusal, problem, children } = props;
  const draft = useDraft(stored);
  const storing = useAction(async () => {
    try {
      await store(draft.changes, draft.value);
    } catch (error) {
      onFailure?.();
      throw error;
    }
    draft.reset();
    toast({ tone: "good", text: saving.saved });
  });
  const form = useFirstInvalid<HTMLFormElement>(storing.error);
  return (
    <Panel title={title} lead={lead}>
      <form
        ref={form}
        className="grid gap-4"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          if (draft.isDirty) void storing.run();
        }}
      >
        {children({
          value: draft.value,
          changes: draft.changes,
          set: draft.set,
          error: storing.about,
          isReadOnly: Boolean(refusal),
        })}
        <SaveBar
          draft={draft}
          stored={stored}
          names={names}
          isBusy={storing.isBusy}
          error={storing.general(...fields)}
          refusal={refusal ?? problem?.(draft.value)}
        />
      </form>
    </Panel>
  );
}
