/** Turning off the second factor: needs the password and a code. */
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { endSecondFactor } from "@/api/calls";
import { Button } from "@/components/Button";
import { Dialog } from "@/components/Dialog";
import { FormError, TextField } from "@/components/Field";
import { toast } from "@/components/toasts";
import { useAction } from "@/lib/useAction";
import { common } from "@/texts/common";
import { settings } from "@/texts/settings";

const words = settings.factor;

export function EndFactor({ onClose }: { onClose(): void }) {
  const queries = useQueryClient();
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const ending = useAction(async () => {
    await endSecondFactor(password, code.trim());
    toast({ tone: "good", text: words.ended });
    await queries.invalidateQueries({ queryKey: ["second-factor"] });
    onClose();
  });
  return (
    <Dialog title={words.endTitle} description={words.endText} isOpen onClose={onClose} width="sm">
      <form
        className="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          void ending.run();
        }}
      >
        <TextField
          label={settings.password.present}
          type="password"
          autoComplete="current-password"
          value={password}
          onChange={(event) => setPassword(event.target.value)}
          error={ending.about("password")}
          required
        />
        <TextField
          label={words.endCode}
          isMono
          autoComplete="one-time-code"
          value={code}
          onChange={(event) => setCode(event.target.value)}
          error={ending.about("code")}
          required
        />
        <FormError>{ending.general("password", "code")}</FormError>
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{common.cancel}</Button>
          <Button type="submit" tone="danger" isBusy={ending.isBusy}>
            {words.turnOff}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
