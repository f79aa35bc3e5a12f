/** Accepting an invitation: with the account that is signed in, with one that there is, or with a new one. */
import { useQuery } from "@tanstack/react-query";
import { useRouter } from "@tanstack/react-router";
import { useState } from "react";
import { ask, client } from "@/api/client";
import { accountQuery } from "@/api/queries";
import { Button } from "@/components/Button";
import { FormError, TextField } from "@/components/Field";
import { Skeleton } from "@/components/States";
import { toast } from "@/components/toasts";
import { useAction } from "@/lib/useAction";
import { account } from "@/texts/account";
import { CodeField, entered, isCodeNeeded, Sheet, useToken } from "./parts";

const { invite } = account;

export function InvitePage() {
  const token = useToken();
  const router = useRouter();
  const me = useQuery(accountQuery);
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const [isSecond, setSecond] = useState(false);
  const email = me.data?.user?.email;
  const joining = useAction(async () => {
    const body = { token, ...(password && { password }), ...(isSecond && { code: code.replace(/\s/g, "") }) };
    try {
      const joined = await ask(client.POST("/api/v1/invitations/accept", { body }));
      entered();
      toast({ tone: "good", text: invite.done(joined.tenant.name) });
      router.history.push("/");
    } catch (error) {
      if (!isCodeNeeded(error)) throw error;
      setSecond(true);
    }
  });
  if (!token) return <Sheet title={invite.title} lead={invite.noToken} />;
  if (me.isPending) return <Skeleton />;
  return (
    <Sheet title={invite.title} lead={email ? invite.leadSignedIn(email) : invite.lead}>
      <form
        className="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          void joining.run();
        }}
      >
        {!email && (
          <TextField
            label={account.password}
            type="password"
            autoComplete="current-password"
            minLength={8}
            maxLength={256}
            value={password}
            onChange={(event) => setPassword(event.target.value)}
            error={joining.about("password")}
            required
          />
        )}
        {isSecond && <CodeField value={code} onChange={setCode} error={joining.about("code")} />}
        <FormError>{joining.general("password", "code")}</FormError>
        <Button type="submit" tone="primary" isBusy={joining.isBusy}>
          {invite.action}
        </Button>
      </form>
    </Sheet>
  );
}
