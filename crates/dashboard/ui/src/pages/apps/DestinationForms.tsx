/** The small forms of a destination: its address, how it is signed, its limits, its end. */
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { RefreshCw, Trash2 } from "lucide-react";
import { useState } from "react";
import type { FullApp, FullDestination } from "@/api/calls";
import { ask, client } from "@/api/client";
import { Button } from "@/components/Button";
import { SecretOnce } from "@/components/Copy";
import { Confirm, Dialog } from "@/components/Dialog";
import { FormError, SelectField, TextField } from "@/components/Field";
import { Fact, Facts, Panel } from "@/components/Page";
import { SettingsForm } from "@/components/SettingsForm";
import { toast } from "@/components/toasts";
import { useAction } from "@/lib/useAction";
import { common } from "@/texts/common";
import { destination as texts } from "@/texts/destination";

export interface FormProps {
  app: FullApp;
  destination: FullDestination;
  store(change: object): Promise<unknown>;
  refusal: string | undefined;
}

export const AddressForm = ({ destination, store, refusal }: FormProps) => (
  <SettingsForm
    title={texts.url.title}
    stored={{ url: destination.url }}
    names={{ url: texts.url.url }}
    fields={["url"]}
    refusal={refusal}
    store={store}
  >
    {({ value, set, error, isReadOnly }) => (
      <TextField
        label={texts.url.url}
        hint={texts.url.hint}
        type="url"
        isMono
        value={value.url}
        onChange={(event) => set({ url: event.target.value })}
        error={error("url")}
        readOnly={isReadOnly}
      />
    )}
  </SettingsForm>
);

/** Nothing typed is no bound. */
const bound = (text: string): number | null => (text.trim() === "" ? null : Number(text));
const shown = (value: number | null | undefined): string => (value ? String(value) : "");

export function LimitsForm({ destination, store, refusal }: FormProps) {
  if (destination.rate_limit_per_second === undefined) return null;
  const { limits } = texts;
  return (
    <SettingsForm
      title={limits.title}
      stored={{ rate: shown(destination.rate_limit_per_second), concurrency: shown(destination.max_concurrency) }}
      names={{ rate: limits.rate, concurrency: limits.concurrency }}
      fields={["rate_limit_per_second", "max_concurrency"]}
      refusal={refusal}
      store={({ rate, concurrency }) =>
        store({
          ...(rate !== undefined && { rate_limit_per_second: bound(rate) }),
          ...(concurrency !== undefined && { max_concurrency: bound(concurrency) }),
        })
      }
    >
      {({ value, set, error, isReadOnly }) => (
        <>
          <TextField
            label={limits.rate}
            hint={limits.rateHint}
            inputMode="numeric"
            value={value.rate}
            onChange={(event) => set({ rate: event.target.value })}
            error={error("rate_limit_per_second")}
            readOnly={isReadOnly}
          />
          <TextField
            label={limits.concurrency}
            hint={limits.concurrencyHint}
            inputMode="numeric"
            value={value.concurrency}
            onChange={(event) => set({ concurrency: event.target.value })}
            error={error("max_concurrency")}
            readOnly={isReadOnly}
          />
        </>
      )}
    </SettingsForm>
  );
}

export function SigningForm(props: FormProps) {
  const { destination, store, refusal } = props;
  const { signing } = texts;
  const [isRotating, setRotating] = useState(false);
  return (
    <>
      <SettingsForm
        title={signing.title}
        stored={{ mode: destination.signature_mode }}
        names={{ mode: signing.mode }}
        fields={["signature_mode"]}
        refusal={refusal}
        store={({ mode }) => store({ signature_mode: mode })}
      >
        {({ value, set, error, isReadOnly }) => (
          <>
            <Facts>
              <Fact name={signing.secret}>
                <span className="flex flex-wrap items-center justify-between gap-2">
                  {destination.has_signing_secret ? signing.ends(destination.secret_hint) : common.none}
                  <Button size="sm" icon={RefreshCw} refusal={refusal} onClick={() => setRotating(true)}>
                    {signing.rotate}
                  </Button>
                </span>
              </Fact>
            </Facts>
            <SelectField
              label={signing.mode}
              hint={signing.modeHint}
              value={value.mode}
              disabled={isReadOnly}
              onChange={(event) => set({ mode: event.target.value })}
              error={error("signature_mode")}
            >
              {Object.entries(signing.modes).map(([mode, text]) => (
                <option key={mode} value={mode}>
                  {text}
                </option>
              ))}
            </SelectField>
          </>
        )}
      </SettingsForm>
      <Rotating {...props} isOpen={isRotating} onClose={() => setRotating(false)} />
    </>
  );
}

const DEFAULT_OVERLAP = 86_400;

function Rotating({ app, destination, isOpen, onClose }: FormProps & { isOpen: boolean; onClose(): void }) {
  const { signing } = texts;
  const queries = useQueryClient();
  const [overlap, setOverlap] = useState(DEFAULT_OVERLAP);
  const [secret, setSecret] = useState("");
  const rotating = useAction(async () => {
    const path = { slug: app.slug, id: destination.id };
    const rotated = await ask(
      client.POST("/api/v1/apps/{slug}/destinations/{id}/rotate-secret", {
        params: { path },
        body: { overlap_seconds: overlap },
      }),
    );
    setSecret(rotated.signing_secret ?? "");
    await queries.invalidateQueries({ queryKey: ["apps"] });
  });
  const close = () => {
    setSecret("");
    rotating.clear();
    onClose();
  };
  if (secret) {
    return (
      <Dialog title={signing.rotated} isOpen={isOpen} onClose={close} width="sm">
        <SecretOnce value={secret} label={signing.rotated} hint={signing.rotatedHint} onStored={close} />
      </Dialog>
    );
  }
  return (
    <Dialog title={signing.rotateTitle} description={signing.rotateText} isOpen={isOpen} onClose={close} width="sm">
      <form
        className="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          void rotating.run();
        }}
      >
        <SelectField
          label={signing.overlap}
          value={overlap}
          onChange={(event) => setOverlap(Number(event.target.value))}
          error={rotating.about("overlap_seconds")}
        >
          {signing.overlaps.map(([seconds, text]) => (
            <option key={seconds} value={seconds}>
              {text}
            </option>
          ))}
        </SelectField>
        <FormError>{rotating.general("overlap_seconds")}</FormError>
        <div className="flex justify-end gap-2">
          <Button onClick={close}>{common.cancel}</Button>
          <Button type="submit" tone="primary" isBusy={rotating.isBusy}>
            {signing.rotate}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

export function RemoveDestination({ app, destination, refusal }: FormProps) {
  const { remove } = texts;
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [isAsking, setAsking] = useState(false);
  const run = async () => {
    const path = { slug: app.slug, id: destination.id };
    await ask(client.DELETE("/api/v1/apps/{slug}/destinations/{id}", { params: { path } }));
    await navigate({ to: "/apps/$slug", params: { slug: app.slug }, search: {} });
    toast({ tone: "good", text: remove.done });
    await queries.invalidateQueries({ queryKey: ["apps"] });
  };
  return (
    <Panel title={remove.title}>
      <div className="grid justify-items-start gap-3">
        <p className="text-sm text-muted">{remove.lead}</p>
        <Button tone="danger" icon={Trash2} refusal={refusal} onClick={() => setAsking(true)}>
          {remove.action}
        </Button>
      </div>
      <Confirm
        title={remove.ask}
        action={remove.action}
        isDanger
        isOpen={isAsking}
        onClose={() => setAsking(false)}
        onConfirm={run}
        typed={{ word: remove.word, label: remove.label }}
      >
        <p className="font-mono text-sm break-all">{destination.url}</p>
        <p>{remove.lead}</p>
      </Confirm>
    </Panel>
  );
}
