/** What a filter can be, to choose from or to type. */
import { useQuery } from "@tanstack/react-query";
import { Check } from "lucide-react";
import { type ReactNode, useState } from "react";
import { appsQuery, sourcesQuery } from "@/api/queries";
import { Button } from "@/components/Button";
import { SelectField, TextField } from "@/components/Field";
import { Plain } from "@/components/Plain";
import { Skeleton } from "@/components/States";
import { Status } from "@/components/Status";
import { type FilterName, SPANS, STATUSES } from "@/lib/filters";
import { events } from "@/texts/events";

interface Props {
  name: FilterName;
  value: string | undefined;
  app: string | undefined;
  onDone(value: string | undefined): void;
}

interface Choice {
  value: string;
  label: ReactNode;
  words: string;
}

export function FilterEditor(props: Props) {
  const { name } = props;
  if (name === "status") {
    const choices = STATUSES.map((value) => ({ value, label: <Status of={value} />, words: value }));
    return <Choices {...props} choices={choices} />;
  }
  if (name === "app_slug") return <AppChoices {...props} />;
  if (name === "source") return <SourceChoices {...props} />;
  if (name === "since") {
    const choices = Object.keys(SPANS).map((value) => {
      const label = events.spans[value as keyof typeof SPANS];
      return { value, label, words: label };
    });
    return (
      <>
        <Choices {...props} choices={choices} />
        <TimeInput {...props} />
      </>
    );
  }
  if (name === "until") return <TimeInput {...props} />;
  if (name === "field") return <FieldInput {...props} />;
  return <TextInput {...props} />;
}

function AppChoices(props: Props) {
  const apps = useQuery(appsQuery).data;
  if (!apps) return <Skeleton className="p-3" lines={3} />;
  const choices = apps.map((app) => ({
    value: app.slug,
    label: <Plain>{app.name}</Plain>,
    words: `${app.name} ${app.slug}`,
  }));
  return <Choices {...props} choices={choices} />;
}

function SourceChoices(props: Props) {
  const sources = useQuery(sourcesQuery).data?.sources;
  if (!sources) return <Skeleton className="p-3" lines={3} />;
  const choices = sources.map(({ slug, name }) => ({ value: slug, label: name, words: `${slug} ${name}` }));
  return <Choices {...props} choices={choices} />;
}

const MANY = 9;

function Choices({ name, value, onDone, choices }: Props & { choices: Choice[] }) {
  const [typed, setTyped] = useState("");
  const fitting = choices.filter((it) => it.words.toLowerCase().includes(typed.toLowerCase()));
  return (
    <>
      {choices.length > MANY && (
        <div className="p-1">
          <input
            className="field"
            aria-label={events.filters[name]}
            placeholder={events.filters[name]}
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
            onKeyDown={(event) => event.key === "Enter" && fitting[0] && onDone(fitting[0].value)}
          />
        </div>
      )}
      <ul className="max-h-64 overflow-y-auto">
        {fitting.map((it) => (
          <li key={it.value}>
            <button
              type="button"
              className="flex min-h-8 w-full items-center gap-2 rounded-md px-2 py-1 text-left hover:bg-hover"
              onClick={() => onDone(it.value)}
            >
              <span className="min-w-0 flex-1 truncate">{it.label}</span>
              {it.value === value && <Check size={15} aria-hidden />}
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}

/** As the browser's field for a time writes it: in the reader's zone, without one. */
const local = (iso: string | undefined): string => {
  const at = iso ? Date.parse(iso) : Number.NaN;
  if (Number.isNaN(at)) return "";
  return new Date(at - new Date(at).getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
};

function TimeInput({ value, onDone }: Props) {
  const [typed, setTyped] = useState(local(value));
  return (
    <Form isReady={typed !== ""} onSubmit={() => onDone(new Date(typed).toISOString())}>
      <TextField
        label={events.customTime}
        type="datetime-local"
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
      />
    </Form>
  );
}

function TextInput({ name, value, onDone }: Props) {
  const [typed, setTyped] = useState(value ?? "");
  const hint = name in events.filterHints ? events.filterHints[name as keyof typeof events.filterHints] : undefined;
  return (
    <Form isReady={typed.trim() !== ""} onSubmit={() => onDone(typed.trim())}>
      <TextField
        label={events.filters[name]}
        hint={hint}
        isMono
        value={typed}
        maxLength={200}
        {...(name === "outbound_status" && { inputMode: "numeric", pattern: "[1-5][0-9][0-9]" })}
        onChange={(event) => setTyped(event.target.value)}
      />
    </Form>
  );
}

/** A value at one of the places that the app's events can be found by. */
function FieldInput({ value, app, onDone }: Props) {
  const places = useQuery(appsQuery).data?.find((it) => it.slug === app)?.indexed_fields ?? [];
  const known = places.find((place) => value?.startsWith(`${place}:`));
  const [chosen, setChosen] = useState(known);
  const [typed, setTyped] = useState(known ? (value?.slice(known.length + 1) ?? "") : "");
  const place = chosen ?? places[0] ?? "";
  return (
    <Form isReady={place !== "" && typed.trim() !== ""} onSubmit={() => onDone(`${place}:${typed.trim()}`)}>
      <SelectField label={events.fieldPlace} value={place} onChange={(event) => setChosen(event.target.value)}>
        {places.map((it) => (
          <option key={it}>{it}</option>
        ))}
      </SelectField>
      <TextField
        label={events.fieldValue}
        hint={events.filterHints.field}
        isMono
        value={typed}
        maxLength={400}
        onChange={(event) => setTyped(event.target.value)}
      />
    </Form>
  );
}

const Form = ({ isReady, onSubmit, children }: { isReady: boolean; onSubmit(): void; children: ReactNode }) => (
  <form
    className="grid gap-2 p-2"
    onSubmit={(event) => {
      event.preventDefault();
      if (isReady) onSubmit();
    }}
  >
    {children}
    <Button type="submit" size="sm" tone="primary" className="justify-self-end">
      {events.apply}
    </Button>
  </form>
);
