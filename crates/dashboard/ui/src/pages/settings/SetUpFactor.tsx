/** Setting up a second factor: the password, the code to scan, its first answer, the recovery codes. */
import { useQueryClient } from "@tanstack/react-query";
import { Download } from "lucide-react";
import { useState } from "react";
import { beginSecondFactor, confirmSecondFactor } from "@/api/calls";
import { Button } from "@/components/Button";
import { CopyButton, CopyField } from "@/components/Copy";
import { Dialog } from "@/components/Dialog";
import { FormError, TextField } from "@/components/Field";
import { QrCode } from "@/components/QrCode";
import { useAction } from "@/lib/useAction";
import { common } from "@/texts/common";
import { settings } from "@/texts/settings";

const words = settings.factor;

interface Begun {
  secret: string;
  uri: string;
}

export function SetUpFactor({ onClose }: { onClose(): void }) {
  const [begun, setBegun] = useState<Begun>();
  const [codes, setCodes] = useState<string[]>();
  return (
    <Dialog title={codes ? words.codesTitle : words.setUpTitle} isOpen onClose={onClose} width="sm">
      {codes ? (
        <Codes codes={codes} onStored={onClose} />
      ) : begun ? (
        <Confirming begun={begun} onDone={setCodes} />
      ) : (
        <Beginning onBegun={setBegun} onClose={onClose} />
      )}
    </Dialog>
  );
}

function Beginning({ onBegun, onClose }: { onBegun(begun: Begun): void; onClose(): void }) {
  const [password, setPassword] = useState("");
  const beginning = useAction(async () => onBegun(await beginSecondFactor(password)));
  return (
    <form
      className="grid gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        void beginning.run();
      }}
    >
      <TextField
        label={settings.password.present}
        hint={words.passwordHint}
        type="password"
        autoComplete="current-password"
        value={password}
        onChange={(event) => setPassword(event.target.value)}
        error={beginning.about("password")}
        required
      />
      <FormError>{beginning.general("password")}</FormError>
      <div className="flex justify-end gap-2">
        <Button onClick={onClose}>{common.cancel}</Button>
        <Button type="submit" tone="primary" isBusy={beginning.isBusy}>
          {words.next}
        </Button>
      </div>
    </form>
  );
}

/** In groups of four, as people read it. */
const grouped = (secret: string): string => secret.match(/.{1,4}/g)?.join(" ") ?? secret;

function Confirming({ begun, onDone }: { begun: Begun; onDone(codes: string[]): void }) {
  const queries = useQueryClient();
  const [code, setCode] = useState("");
  const confirming = useAction(async () => {
    const { recoveryCodes } = await confirmSecondFactor(code.replace(/\s/g, ""));
    onDone(recoveryCodes);
    await queries.invalidateQueries({ queryKey: ["second-factor"] });
  });
  return (
    <form
      className="grid gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        void confirming.run();
      }}
    >
      <p>{words.scan}</p>
      <div className="grid justify-items-center">
        <QrCode text={begun.uri} label={words.qr} />
      </div>
      <div className="grid gap-1">
        <p className="text-sm text-muted">{words.byHand}</p>
        <CopyField value={grouped(begun.secret)} label={words.secret} isWrapped />
      </div>
      <TextField
        label={words.code}
        hint={words.codeHint}
        inputMode="numeric"
        autoComplete="one-time-code"
        isMono
        maxLength={7}
        value={code}
        onChange={(event) => setCode(event.target.value)}
        error={confirming.about("code")}
        required
      />
      <FormError>{confirming.general("code")}</FormError>
      <div className="flex justify-end">
        <Button type="submit" tone="primary" isBusy={confirming.isBusy}>
          {words.confirm}
        </Button>
      </div>
    </form>
  );
}

function download(codes: string[]): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([`${codes.join("\n")}\n`], { type: "text/plain" }));
  link.download = words.file;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1_000);
}

const Codes = ({ codes, onStored }: { codes: string[]; onStored(): void }) => (
  <div className="grid gap-4">
    <p>{words.codesLead}</p>
    <ul
      aria-label={words.codesTitle}
      className="grid grid-cols-1 gap-x-6 gap-y-1 rounded-lg border border-warn bg-warn-soft p-3.5 font-mono text-sm min-[24rem]:grid-cols-2"
    >
      {codes.map((code) => (
        <li key={code}>{code}</li>
      ))}
    </ul>
    <div className="flex flex-wrap items-center justify-between gap-2">
      <span className="flex items-center gap-1">
        <CopyButton value={codes.join("\n")} label={words.copyCodes} />
        <Button size="sm" icon={Download} onClick={() => download(codes)}>
          {words.download}
        </Button>
      </span>
      <Button tone="primary" onClick={onStored}>
        {words.stored}
      </Button>
    </div>
  </div>
);
