/** A new account with a workspace. */
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { ask, client } from "@/api/client";
import { loginOptionsQuery } from "@/api/queries";
import { Button, buttonClass } from "@/components/Button";
import { FormError, TextField } from "@/components/Field";
import { useAction } from "@/lib/useAction";
import { account } from "@/texts/account";
import { entered, Sheet } from "./parts";

const { signUp } = account;

export function SignUpPage() {
  const navigate = useNavigate();
  const options = useQuery(loginOptionsQuery).data;
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [name, setName] = useState("");
  const signing = useAction(async () => {
    await ask(client.POST("/api/v1/signup", { body: { email, password, tenant: { name } } }));
    entered();
    await navigate({ to: "/welcome", search: {} });
  });
  const signIn = (
    <p className="text-sm text-muted">
      {signUp.have}{" "}
      <Link to="/login" search={{}} className="link">
        {signUp.signIn}
      </Link>
    </p>
  );
  if (options?.signup === false) {
    return (
      <Sheet title={signUp.title} lead={signUp.closed}>
        {signIn}
      </Sheet>
    );
  }
  return (
    <Sheet title={signUp.title} lead={signUp.lead}>
      {options?.oidc && (
        <a href={options.oidc.url} className={buttonClass("plain", "md", "w-full")}>
          {account.login.with(options.oidc.name)}
        </a>
      )}
      <form
        className="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          void signing.run();
        }}
      >
        <TextField
          label={account.email}
          type="email"
          autoComplete="username"
          value={email}
          onChange={(event) => setEmail(event.target.value)}
          error={signing.about("email")}
          required
        />
        <TextField
          label={account.password}
          type="password"
          autoComplete="new-password"
          minLength={8}
          maxLength={256}
          hint={signUp.passwordHint}
          value={password}
          onChange={(event) => setPassword(event.target.value)}
          error={signing.about("password")}
          required
        />
        <TextField
          label={account.workspace}
          autoComplete="organization"
          hint={signUp.workspaceHint}
          value={name}
          onChange={(event) => setName(event.target.value)}
          error={signing.about("tenant.name") ?? signing.about("tenant.slug")}
          maxLength={100}
          required
        />
        <FormError>{signing.general("email", "password", "tenant.name", "tenant.slug")}</FormError>
        <Button type="submit" tone="primary" isBusy={signing.isBusy}>
          {signUp.action}
        </Button>
      </form>
      {signIn}
    </Sheet>
  );
}
