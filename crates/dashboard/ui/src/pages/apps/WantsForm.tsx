/** Which of the app's events a destination gets. */
import { useId } from "react";
import type { FullDestination } from "@/api/calls";
import { Button } from "@/components/Button";
import { TextArea } from "@/components/Field";
import { JsonEditor } from "@/components/JsonEditor";
import { type FormView, SettingsForm } from "@/components/SettingsForm";
import { destination as texts } from "@/texts/destination";
import { exampleFor, filterText, patternsOf, readFilter } from "./filterText";

const words = texts.wants;

interface Wants {
  types: string;
  filter: string;
}

interface Props {
  destination: FullDestination;
  source: string;
  store(change: object): Promise<unknown>;
  refusal: string | undefined;
}

export function WantsForm({ destination, source, store, refusal }: Props) {
  if (destination.event_types === undefined) return null;
  const stored: Wants = { types: destination.event_types.join("\n"), filter: filterText(destination.filter) };
  return (
    <SettingsForm
      title={words.title}
      lead={words.lead}
      stored={stored}
      names={{ types: words.types, filter: words.filter }}
      fields={["event_types", "filter"]}
      refusal={refusal}
      problem={({ filter }) => problemOf(filter)}
      store={({ types, filter }) => {
        const read = filter === undefined ? undefined : readFilter(filter);
        return store({
          ...(types !== undefined && { event_types: patternsOf(types) }),
          ...(read && "filter" in read && { filter: read.filter }),
        });
      }}
    >
      {(form) => <Fields form={form} source={source} />}
    </SettingsForm>
  );
}

function problemOf(text: string): string | undefined {
  const read = readFilter(text);
  return "problem" in read ? read.problem : undefined;
}

function Fields({ form, source }: { form: FormView<Wants>; source: string }) {
  const { value, set, error, isReadOnly } = form;
  const help = useId();
  const problem = error("filter") ?? problemOf(value.filter);
  return (
    <>
      <TextArea
        label={words.types}
        hint={words.typesHint}
        isOptional
        isMono
        rows={2}
        className="min-h-16"
        spellCheck={false}
        value={value.types}
        onChange={(event) => set({ types: event.target.value })}
        error={error("event_types")}
        readOnly={isReadOnly}
      />
      <div className="grid gap-1">
        <div className="flex items-end justify-between gap-3">
          <h3 className="font-medium">{words.filter}</h3>
          {value.filter.trim() === "" && !isReadOnly && (
            <Button size="sm" tone="quiet" onClick={() => set({ filter: filterText(exampleFor(source)) })}>
              {words.example}
            </Button>
          )}
        </div>
        <JsonEditor
          label={words.filter}
          value={value.filter}
          onChange={(filter) => set({ filter })}
          isInvalid={problem !== undefined}
          isReadOnly={isReadOnly}
        />
        <div id={help} className="grid gap-1 text-sm text-muted" aria-live="polite">
          {problem && <p className="text-bad">{problem}</p>}
          <p>
            {words.filterHint} {words.operatorsLead} <code className="break-words">{words.operators}</code>
          </p>
        </div>
      </div>
    </>
  );
}
