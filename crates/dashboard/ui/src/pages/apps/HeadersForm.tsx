/** Headers that are put on each request to a destination. Values are written, and not shown again. */
import { Plus, X } from "lucide-react";
import type { FullDestination } from "@/api/calls";
import { Button, IconButton } from "@/components/Button";
import { type FormView, SettingsForm } from "@/components/SettingsForm";
import { destination as texts } from "@/texts/destination";

const words = texts.headers;

interface Row {
  name: string;
  /** Empty where there is a hint: the value stays. */
  value: string;
  hint?: string;
}

interface Headers {
  rows: Row[];
}

/** As the API takes them: all of them, those without a value keep theirs. */
export const sentHeaders = (rows: Row[]): { name: string; value?: string }[] =>
  rows
    .filter((row) => row.name.trim() !== "")
    .map(({ name, value, hint }) =>
      value === "" && hint !== undefined ? { name: name.trim() } : { name: name.trim(), value },
    );

interface Props {
  destination: FullDestination;
  store(change: object): Promise<unknown>;
  refusal: string | undefined;
}

export function HeadersForm({ destination, store, refusal }: Props) {
  if (destination.headers === undefined) return null;
  const rows = destination.headers.map(({ name, hint }) => ({ name, hint, value: "" }));
  return (
    <SettingsForm<Headers>
      title={words.title}
      lead={words.lead}
      stored={{ rows }}
      names={{ rows: words.title }}
      fields={[]}
      refusal={refusal}
      store={(_, value) => store({ headers: sentHeaders(value.rows) })}
    >
      {(form) => <Rows {...form} />}
    </SettingsForm>
  );
}

function Rows({ value: { rows }, set, isReadOnly }: FormView<Headers>) {
  const change = (at: number, by: Partial<Row>) =>
    set({ rows: rows.map((row, index) => (index === at ? { ...row, ...by } : row)) });
  return (
    <div className="grid gap-2">
      {rows.length === 0 && <p className="text-muted">{words.none}</p>}
      {rows.map((row, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a row being typed has no other name than its place.
        <div key={at} className="flex items-center gap-1.5">
          <input
            className="field min-w-0 flex-[2] font-mono text-sm"
            aria-label={`${words.name} ${at + 1}`}
            placeholder={words.name}
            spellCheck={false}
            value={row.name}
            onChange={(event) => change(at, { name: event.target.value })}
            readOnly={isReadOnly || row.hint !== undefined}
          />
          <input
            className="field min-w-0 flex-[3] font-mono text-sm"
            aria-label={`${words.value} ${at + 1}`}
            placeholder={row.hint === undefined ? words.value : words.kept(row.hint)}
            autoComplete="off"
            spellCheck={false}
            value={row.value}
            onChange={(event) => change(at, { value: event.target.value })}
            readOnly={isReadOnly}
          />
          {!isReadOnly && (
            <IconButton
              icon={X}
              size="sm"
              label={`${words.remove} ${row.name || at + 1}`}
              onClick={() => set({ rows: rows.filter((_, index) => index !== at) })}
            />
          )}
        </div>
      ))}
      {!isReadOnly && (
        <div>
          <Button size="sm" icon={Plus} onClick={() => set({ rows: [...rows, { name: "", value: "" }] })}>
            {words.add}
          </Button>
        </div>
      )}
    </div>
  );
}
