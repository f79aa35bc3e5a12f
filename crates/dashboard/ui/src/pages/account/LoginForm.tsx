/** E-mail address and password, and the second factor's code once that is asked for. */
import { useState } from "react";
import { ask, client, type Schemas } from "@/api/client";
import { Button } from "@/components/Button";
import { FormError, TextField } from "@/components/Field";
import { useAction } from "@/lib/useAction";
import { account } from "@/texts/account";
import { CodeField, isCodeNeeded } from "./parts";

interface Props {
  /** The account that must sign in again. */
  email?: string | undefined;
  action: string;
  onDone(who: Schemas["LoggedIn"]): unknown;
}

export function LoginForm({ email: known, action, onDone }: Props) {
  const [email, setEmail] = useState(known ?? "");
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const [isSecond, setSecond] = useState(false);
  const login = useAction(async () => {
    const body = { email, password, ...(isSecond && { code: code.replace(/\s/g, "") }) };
    try {
      const who = await ask(client.POST("/api/v1/login", { body }));
      await onDone(who);
    } catch (error) {
      if (!isCodeNeeded(error)) throw error;
      setSecond(true);
    }
  });
  return (
    <form
      className="grid gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        void login.run();
      }}
    >
      <TextField
        label={account.email}
        type="email"
        autoComplete="username"
        value={email}
        readOnly={Boolean(known)}
        onChange={(event) => setEmail(event.target.value)}
        error={login.about("email")}
        required
      />
      <TextField
        label={account.password}
        type="password"
        autoComplete="current-password"
        value={password}
        onChange={(event) => setPassword(event.target.value)}
        error={login.about("password")}
        required
      />
      {isSecond && <CodeField value={code} onChange={setCode} error={login.about("code")} />}
      <FormError>{login.general("email", "password", "code")}</FormError>
      <Button type="submit" tone="primary" isBusy={login.isBusy}>
        {action}
      </Button>
    </form>
  );
}
