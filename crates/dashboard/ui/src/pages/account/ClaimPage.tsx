/** Keeping a workspace that was made without an account. */
import { useQuery } from "@tanstack/react-query";
import { useRouter } from "@tanstack/react-router";
import { useState } from "react";
import { ask, client } from "@/api/client";
import { accountQuery } from "@/api/queries";
import { Button } from "@/components/Button";
import { FormError, TextField } from "@/components/Field";
import { Skeleton } from "@/components/States";
import { useAction } from "@/lib/useAction";
import { account } from "@/texts/account";
import { entered, Sheet, useToken } from "./parts";

const { claim } = account;

export function ClaimPage() {
  const token = useToken();
  const router = useRouter();
  const me = useQuery(accountQuery);
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const known = me.data?.user?.email;
  const claiming = useAction(async () => {
    await ask(client.POST("/api/v1/quickstart/claim", { body: known ? { token } : { token, email, password } }));
    entered();
    router.history.push("/");
  });
  if (!token) return <Sheet title={claim.title} lead={claim.noToken} />;
  if (me.isPending) return <Skeleton />;
  return (
    <Sheet title={claim.title} lead={known ? claim.signedIn(known) : claim.lead}>
      <form
        className="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          void claiming.run();
        }}
      >
        {!known && (
          <>
            <TextField
              label={account.email}
              type="email"
              autoComplete="username"
              value={email}
              onChange={(event) => setEmail(event.target.value)}
              error={claiming.about("email")}
              required
            />
            <TextField
              label={account.password}
              type="password"
              autoComplete="new-password"
              minLength={8}
              maxLength={256}
              hint={account.signUp.passwordHint}
              value={password}
              onChange={(event) => setPassword(event.target.value)}
              error={claiming.about("password")}
              required
            />
          </>
        )}
        <FormError>{claiming.general("email", "password")}</FormError>
        <Button type="submit" tone="primary" isBusy={claiming.isBusy}>
          {known ? claim.take : claim.action}
        </Button>
      </form>
    </Sheet>
  );
}
