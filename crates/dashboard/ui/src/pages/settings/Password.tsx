/** Changing the password. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { ask, client } from "@/api/client";
import { accountQuery } from "@/api/queries";
import { Button } from "@/components/Button";
import { FormError, TextField } from "@/components/Field";
import { Panel } from "@/components/Page";
import { toast } from "@/components/toasts";
import { useAction } from "@/lib/useAction";
import { settings } from "@/texts/settings";

const words = settings.password;

export function Password() {
  const queries = useQueryClient();
  const email = useQuery(accountQuery).data?.user?.email;
  const [present, setPresent] = useState("");
  const [next, setNext] = useState("");
  const changing = useAction(async () => {
    const body = { currentPassword: present, newPassword: next };
    await ask(client.POST("/api/v1/account/password", { body }));
    setPresent("");
    setNext("");
    toast({ tone: "good", text: words.done });
    await queries.invalidateQueries({ queryKey: ["sessions"] });
  });
  const about = (name: string, other: string) => changing.about(name) ?? changing.about(other);
  return (
    <Panel title={words.title}>
      <form
        className="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          void changing.run();
        }}
      >
        {/* Whoever keeps passwords wants to know whose this is. */}
        <input type="email" autoComplete="username" value={email ?? ""} readOnly hidden />
        <TextField
          label={words.present}
          type="password"
          autoComplete="current-password"
          value={present}
          onChange={(event) => setPresent(event.target.value)}
          error={about("currentPassword", "current_password")}
          required
        />
        <TextField
          label={words.next}
          hint={words.hint}
          type="password"
          autoComplete="new-password"
          minLength={8}
          maxLength={256}
          value={next}
          onChange={(event) => setNext(event.target.value)}
          error={about("newPassword", "new_password")}
          required
        />
        <FormError>{changing.general("currentPassword", "current_password", "newPassword", "new_password")}</FormError>
        <div>
          <Button type="submit" isBusy={changing.isBusy}>
            {words.action}
          </Button>
        </div>
      </form>
    </Panel>
  );
}
