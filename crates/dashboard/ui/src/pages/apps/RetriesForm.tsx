/** How often and when a delivery is tried again, drawn while it is typed. */
import type { FullDestination, RetryPolicy } from "@/api/calls";
import { TextField } from "@/components/Field";
import { Segmented } from "@/components/Segmented";
import { type FormView, SettingsForm } from "@/components/SettingsForm";
import { DEFAULT_POLICY, readDelays, writeDelay } from "@/lib/retry";
import { destination as texts } from "@/texts/destination";
import { RetryLine } from "./RetryLine";

const words = texts.retries;

type Kind = keyof typeof words.kinds;

/** Numbers stand as they were typed, so that a field can be empty for a moment. */
export interface RetryFields {
  kind: Kind;
  attempts: string;
  first: string;
  factor: string;
  most: string;
  listed: string;
  timeout: string;
}

const isDefault = (policy: typeof DEFAULT_POLICY): boolean =>
  policy.first_delay_seconds === DEFAULT_POLICY.first_delay_seconds &&
  policy.factor === DEFAULT_POLICY.factor &&
  policy.max_delay_seconds === DEFAULT_POLICY.max_delay_seconds;

export function fieldsOf(destination: FullDestination): RetryFields {
  const policy = destination.retry_policy;
  const isListed = "delays_seconds" in policy;
  const growing = isListed ? DEFAULT_POLICY : policy;
  const kind = isListed ? "listed" : isDefault(growing) ? "standard" : "growing";
  return {
    kind,
    attempts: String(destination.max_attempts),
    first: String(growing.first_delay_seconds),
    factor: String(growing.factor),
    most: String(growing.max_delay_seconds),
    listed: (isListed ? policy.delays_seconds : [20, 60, 600, 7_200]).map(writeDelay).join(", "),
    timeout: String(destination.timeout_seconds),
  };
}

/** Null where what is typed is no policy. */
export function policyOf(fields: RetryFields): RetryPolicy | null {
  if (fields.kind === "standard") return DEFAULT_POLICY;
  if (fields.kind === "listed") {
    const delays = readDelays(fields.listed);
    return delays && { delays_seconds: delays };
  }
  const [first, factor, most] = [fields.first, fields.factor, fields.most].map(Number);
  if (!first || !factor || !most) return null;
  return { first_delay_seconds: first, factor, max_delay_seconds: most };
}

const NAMES = {
  kind: words.policy,
  attempts: words.attempts,
  first: words.first,
  factor: words.factor,
  most: words.most,
  listed: words.listed,
  timeout: words.timeout,
};

const FIELDS = [
  "max_attempts",
  "timeout_seconds",
  "retry_policy.first_delay_seconds",
  "retry_policy.factor",
  "retry_policy.max_delay_seconds",
  "retry_policy.delays_seconds",
];

interface Props {
  destination: FullDestination;
  store(change: object): Promise<unknown>;
  refusal: string | undefined;
}

export function RetriesForm({ destination, store, refusal }: Props) {
  return (
    <SettingsForm
      title={words.title}
      lead={words.lead}
      stored={fieldsOf(destination)}
      names={NAMES}
      fields={FIELDS}
      refusal={refusal}
      problem={(value) => (value.kind === "listed" && !policyOf(value) ? words.listedBad : undefined)}
      store={(_, value) =>
        store({
          max_attempts: Number(value.attempts),
          timeout_seconds: Number(value.timeout),
          retry_policy: value.kind === "standard" ? null : policyOf(value),
        })
      }
    >
      {(form) => <Fields {...form} />}
    </SettingsForm>
  );
}

const KINDS = (Object.keys(words.kinds) as Kind[]).map((value) => ({ value, text: words.kinds[value] }));

function Fields(form: FormView<RetryFields>) {
  const { value, set, error, isReadOnly } = form;
  const policy = policyOf(value);
  const attempts = Number(value.attempts);
  return (
    <>
      <Segmented
        label={words.kind}
        options={KINDS}
        value={value.kind}
        onChange={(kind) => set({ kind })}
        isDisabled={isReadOnly}
      />
      {policy && attempts >= 1 && <RetryLine policy={policy} maxAttempts={attempts} />}
      {value.kind === "growing" && <Growing {...form} />}
      {value.kind === "listed" && (
        <TextField
          label={words.listed}
          hint={words.listedHint}
          isMono
          spellCheck={false}
          value={value.listed}
          onChange={(event) => set({ listed: event.target.value })}
          error={error("retry_policy.delays_seconds") ?? (policy ? undefined : words.listedBad)}
          readOnly={isReadOnly}
        />
      )}
      <div className="grid items-start gap-4 sm:grid-cols-2">
        <TextField
          label={words.attempts}
          hint={words.attemptsHint}
          inputMode="numeric"
          value={value.attempts}
          onChange={(event) => set({ attempts: event.target.value })}
          error={error("max_attempts")}
          readOnly={isReadOnly}
        />
        <TextField
          label={words.timeout}
          hint={words.timeoutHint}
          inputMode="numeric"
          value={value.timeout}
          onChange={(event) => set({ timeout: event.target.value })}
          error={error("timeout_seconds")}
          readOnly={isReadOnly}
        />
      </div>
    </>
  );
}

const Growing = ({ value, set, error, isReadOnly }: FormView<RetryFields>) => (
  <div className="grid items-start gap-4 sm:grid-cols-3">
    <TextField
      label={words.first}
      inputMode="numeric"
      value={value.first}
      onChange={(event) => set({ first: event.target.value })}
      error={error("retry_policy.first_delay_seconds")}
      readOnly={isReadOnly}
    />
    <TextField
      label={words.factor}
      hint={words.factorHint}
      inputMode="decimal"
      value={value.factor}
      onChange={(event) => set({ factor: event.target.value })}
      error={error("retry_policy.factor")}
      readOnly={isReadOnly}
    />
    <TextField
      label={words.most}
      inputMode="numeric"
      value={value.most}
      onChange={(event) => set({ most: event.target.value })}
      error={error("retry_policy.max_delay_seconds")}
      readOnly={isReadOnly}
    />
  </div>
);
