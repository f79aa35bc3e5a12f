/** The way to an issuer, to sign in with an account there from then on. Whoever has a password shows it first. */
import { useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useState } from "react";
import { linkIdentity, secondFactorQuery } from "@/api/calls";
import { Button } from "@/components/Button";
import { Dialog } from "@/components/Dialog";
import { FormError, TextField } from "@/components/Field";
import { useAction } from "@/lib/useAction";
import { common } from "@/texts/common";
import { settings } from "@/texts/settings";

const words = settings.identities;

interface Props {
  name: string;
  hasPassword: boolean;
}

export function LinkIdentity(props: Props) {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <Button size="sm" icon={Plus} onClick={() => setOpen(true)}>
        {words.link(props.name)}
      </Button>
      {isOpen && <Proof {...props} onClose={() => setOpen(false)} />}
    </>
  );
}

function Proof({ name, hasPassword, onClose }: Props & { onClose(): void }) {
  const needsCode = useQuery(secondFactorQuery).data?.isOn ?? false;
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const linking = useAction(async () => {
    const proof = { ...(hasPassword && { password }), ...(needsCode && { code: code.trim() }) };
    location.assign((await linkIdentity("/settings", proof)).url);
  });
  return (
    <Dialog title={words.linkTitle(name)} description={words.linkText(name)} isOpen onClose={onClose} width="sm">
      <form
        className="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          void linking.run();
        }}
      >
        {hasPassword && (
          <TextField
            label={settings.password.present}
            hint={settings.factor.passwordHint}
            type="password"
            autoComplete="current-password"
            value={password}
            onChange={(event) => setPassword(event.target.value)}
            error={linking.about("password")}
            required
          />
        )}
        {needsCode && (
          <TextField
            label={settings.factor.endCode}
            isMono
            autoComplete="one-time-code"
            value={code}
            onChange={(event) => setCode(event.target.value)}
            error={linking.about("code")}
            required
          />
        )}
        <FormError>{linking.general("password", "code")}</FormError>
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{common.cancel}</Button>
          <Button type="submit" tone="primary" isBusy={linking.isBusy}>
            {words.linkAction}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
