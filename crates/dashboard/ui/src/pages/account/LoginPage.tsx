/** Signing in. */
import { useQuery } from "@tanstack/react-query";
import { Link, useRouter, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { ask, client } from "@/api/client";
import { loginOptionsQuery } from "@/api/queries";
import { Button, buttonClass } from "@/components/Button";
import { FormError } from "@/components/Field";
import { nextPath } from "@/lib/nextPath";
import { useAction } from "@/lib/useAction";
import { account } from "@/texts/account";
import { LoginForm } from "./LoginForm";
import { CodeField, entered, Sheet, useToken } from "./parts";

export function LoginPage() {
  const router = useRouter();
  const { next } = useSearch({ strict: false }) as { next?: string };
  // What the way back from the issuer says.
  const said = new URLSearchParams(useToken());
  const error = said.get("error");
  const options = useQuery(loginOptionsQuery).data;
  if (said.get("second_factor")) return <CodeOnly />;
  return (
    <Sheet title={account.login.title}>
      {error && <FormError>{account.login.oidcErrors[error] ?? account.login.oidcError}</FormError>}
      {options?.oidc && (
        <>
          <a
            href={`${options.oidc.url}?return_to=${encodeURIComponent(nextPath(next))}`}
            className={buttonClass("plain", "md", "w-full")}
          >
            {account.login.with(options.oidc.name)}
          </a>
          <p className="flex items-center gap-3 text-sm text-faint before:h-px before:flex-1 before:bg-line after:h-px after:flex-1 after:bg-line">
            {account.login.or}
          </p>
        </>
      )}
      <LoginForm
        action={account.login.action}
        onDone={() => {
          entered();
          router.history.push(nextPath(next));
        }}
      />
      <p className="flex flex-wrap justify-between gap-x-4 gap-y-1 text-sm text-muted">
        <Link to="/forgot-password" className="link">
          {account.login.forgot}
        </Link>
        {options?.signup !== false && (
          <span>
            {account.login.none}{" "}
            <Link to="/signup" className="link">
              {account.login.signUp}
            </Link>
          </span>
        )}
      </p>
    </Sheet>
  );
}

/** The issuer said who it is; the account asks for a code besides. */
function CodeOnly() {
  const router = useRouter();
  const [code, setCode] = useState("");
  const giving = useAction(async () => {
    const body = { code: code.replace(/\s/g, "") };
    const { returnTo } = await ask(client.POST("/api/v1/login/oidc/code", { body }));
    entered();
    router.history.push(nextPath(returnTo));
  });
  return (
    <Sheet title={account.login.title}>
      <form
        className="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          void giving.run();
        }}
      >
        <CodeField value={code} onChange={setCode} error={giving.about("code")} />
        <FormError>{giving.general("code")}</FormError>
        <Button type="submit" tone="primary" isBusy={giving.isBusy}>
          {account.login.action}
        </Button>
      </form>
    </Sheet>
  );
}
