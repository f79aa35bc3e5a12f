/** Asking for a link to set a new password. */
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { ask, client } from "@/api/client";
import { Button, buttonClass } from "@/components/Button";
import { FormError, TextField } from "@/components/Field";
import { useAction } from "@/lib/useAction";
import { account } from "@/texts/account";
import { Sheet } from "./parts";

const { forgot } = account;

export function ForgotPage() {
  const [email, setEmail] = useState("");
  const [isDone, setDone] = useState(false);
  const asking = useAction(async () => {
    await ask(client.POST("/api/v1/forgot-password", { body: { email } }));
    setDone(true);
  });
  const back = (
    <Link to="/login" search={{}} className={buttonClass()}>
      {forgot.back}
    </Link>
  );
  if (isDone) {
    return (
      <Sheet title={forgot.doneTitle} lead={forgot.done}>
        {back}
      </Sheet>
    );
  }
  return (
    <Sheet title={forgot.title} lead={forgot.lead}>
      <form
        className="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          void asking.run();
        }}
      >
        <TextField
          label={account.email}
          type="email"
          autoComplete="username"
          value={email}
          onChange={(event) => setEmail(event.target.value)}
          error={asking.about("email")}
          required
        />
        <FormError>{asking.general("email")}</FormError>
        <Button type="submit" tone="primary" isBusy={asking.isBusy}>
          {forgot.action}
        </Button>
        {back}
      </form>
    </Sheet>
  );
}
