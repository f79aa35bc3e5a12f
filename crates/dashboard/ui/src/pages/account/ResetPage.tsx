/** Setting a new password with a link's token. */
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { ask, client } from "@/api/client";
import { Button, buttonClass } from "@/components/Button";
import { FormError, TextField } from "@/components/Field";
import { useAction } from "@/lib/useAction";
import { account } from "@/texts/account";
import { Sheet, useToken } from "./parts";

const { reset } = account;

export function ResetPage() {
  const token = useToken();
  const [password, setPassword] = useState("");
  const [isDone, setDone] = useState(false);
  const setting = useAction(async () => {
    await ask(client.POST("/api/v1/reset-password", { body: { token, password } }));
    setDone(true);
  });
  if (isDone || !token) {
    const [title, lead] = isDone ? [reset.doneTitle, reset.done] : [reset.title, reset.noToken];
    return (
      <Sheet title={title} lead={lead}>
        {isDone ? (
          <Link to="/login" search={{}} className={buttonClass("primary")}>
            {account.login.action}
          </Link>
        ) : (
          <Link to="/forgot-password" className={buttonClass()}>
            {reset.again}
          </Link>
        )}
      </Sheet>
    );
  }
  return (
    <Sheet title={reset.title}>
      <form
        className="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          void setting.run();
        }}
      >
        <TextField
          label={reset.label}
          type="password"
          autoComplete="new-password"
          minLength={8}
          maxLength={256}
          hint={account.signUp.passwordHint}
          value={password}
          onChange={(event) => setPassword(event.target.value)}
          error={setting.about("password")}
          required
        />
        <FormError>{setting.general("password")}</FormError>
        <Button type="submit" tone="primary" isBusy={setting.isBusy}>
          {reset.action}
        </Button>
      </form>
    </Sheet>
  );
}
