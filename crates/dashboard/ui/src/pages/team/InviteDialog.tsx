/** Asking somebody to join. */
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { ask, client, type Schemas } from "@/api/client";
import { Button } from "@/components/Button";
import { SecretOnce } from "@/components/Copy";
import { Dialog } from "@/components/Dialog";
import { FormError, SelectField, TextField } from "@/components/Field";
import { useAction } from "@/lib/useAction";
import { common } from "@/texts/common";
import { team as texts } from "@/texts/workspace";
import { givenBy } from "./rules";

interface Props {
  isOpen: boolean;
  /** The reader's own. */
  role: string | null;
  onClose(): void;
}

export function InviteDialog({ isOpen, role, onClose }: Props) {
  const queries = useQueryClient();
  const [email, setEmail] = useState("");
  const [given, setGiven] = useState("member");
  const [invited, setInvited] = useState<Schemas["Invited"]>();
  const inviting = useAction(async () => {
    setInvited(await ask(client.POST("/api/v1/team/invitations", { body: { email, role: given } })));
    setEmail("");
    await queries.invalidateQueries({ queryKey: ["team"] });
  });
  const close = () => {
    setInvited(undefined);
    inviting.clear();
    onClose();
  };
  if (invited) {
    return (
      <Dialog title={texts.inviteTitle} isOpen={isOpen} onClose={close} width="sm">
        <SecretOnce value={invited.inviteUrl} label={texts.link} hint={texts.linkFor(invited.email)} onStored={close} />
      </Dialog>
    );
  }
  return (
    <Dialog title={texts.inviteTitle} description={texts.inviteText} isOpen={isOpen} onClose={close} width="sm">
      <form
        className="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          void inviting.run();
        }}
      >
        <TextField
          label={texts.email}
          type="email"
          autoComplete="off"
          value={email}
          onChange={(event) => setEmail(event.target.value)}
          error={inviting.about("email")}
          required
        />
        <SelectField
          label={texts.role}
          value={given}
          onChange={(event) => setGiven(event.target.value)}
          error={inviting.about("role")}
        >
          {givenBy(role).map((it) => (
            <option key={it} value={it}>
              {texts.roles[it]}
            </option>
          ))}
        </SelectField>
        <FormError>{inviting.general("email", "role")}</FormError>
        <div className="flex justify-end gap-2">
          <Button onClick={close}>{common.cancel}</Button>
          <Button type="submit" tone="primary" isBusy={inviting.isBusy}>
            {texts.send}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
