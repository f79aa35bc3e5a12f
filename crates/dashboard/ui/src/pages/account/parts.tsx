/** What the pages around accounts have in common. */
import { type ReactNode, useState } from "react";
import { ApiError } from "@/api/errors";
import { queryClient } from "@/api/queryClient";
import { tell } from "@/api/session";
import { TextField } from "@/components/Field";
import { usePageTitle } from "@/components/Page";
import { account } from "@/texts/account";

export function Sheet({ title, lead, children }: { title: string; lead?: ReactNode; children?: ReactNode }) {
  usePageTitle(title);
  return (
    <div className="grid gap-5">
      <div className="grid gap-1.5">
        <h1 className="text-2xl font-semibold">{title}</h1>
        {lead && <p className="text-pretty text-muted">{lead}</p>}
      </div>
      {children}
    </div>
  );
}

/**
 * The token after the number sign. It is read once and taken out of the address, so that it does not stay in the
 * history; it never goes to the server as part of an address.
 */
export function useToken(): string {
  const [token] = useState(() => decodeURIComponent(location.hash.slice(1)));
  useState(() => token && history.replaceState(history.state, "", location.pathname + location.search));
  return token;
}

/** Somebody has signed in: what was kept of somebody else is gone. */
export function entered(): void {
  queryClient.clear();
  tell("signed-in");
}

/** The password was right, and the account asks for its second factor's code. */
export const isCodeNeeded = (error: unknown): boolean =>
  error instanceof ApiError && error.code === "second_factor_needed";

interface CodeProps {
  value: string;
  onChange(value: string): void;
  error: string | undefined;
}

export const CodeField = ({ value, onChange, error }: CodeProps) => (
  <>
    <p role="status" className="rounded-md bg-wait-soft px-3 py-2 text-sm text-wait">
      {account.login.codeNeeded}
    </p>
    <TextField
      label={account.code}
      hint={account.login.codeHint}
      autoComplete="one-time-code"
      // It has just been asked for, and nothing else is left to do.
      autoFocus
      isMono
      value={value}
      onChange={(event) => onChange(event.target.value)}
      error={error}
      maxLength={40}
      required
    />
  </>
);
