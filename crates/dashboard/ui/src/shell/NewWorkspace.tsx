/** Another workspace: made, and turned to. */
import { useState } from "react";
import { ask, client } from "@/api/client";
import { sentenceOf } from "@/api/errors";
import { tell } from "@/api/session";
import { Button } from "@/components/Button";
import { Dialog } from "@/components/Dialog";
import { FormError, TextField } from "@/components/Field";
import { toast } from "@/components/toasts";
import { useAction } from "@/lib/useAction";
import { common } from "@/texts/common";
import { shell } from "@/texts/shell";

/** The session is for another workspace from now on, in all tabs. */
async function turnTo(slug: string): Promise<void> {
  await ask(client.POST("/api/v1/session/tenant", { body: { slug } }));
  tell("turned");
  location.assign("/");
}

export function turn(slug: string): void {
  turnTo(slug).catch((error: unknown) => toast({ tone: "bad", text: sentenceOf(error) }));
}

export function NewWorkspace({ isOpen, onClose }: { isOpen: boolean; onClose(): void }) {
  const [name, setName] = useState("");
  const creating = useAction(async () => {
    const made = await ask(client.POST("/api/v1/tenants", { body: { name } }));
    await turnTo(made.slug);
  });
  return (
    <Dialog title={shell.newWorkspace} isOpen={isOpen} onClose={onClose} width="sm">
      <form
        className="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          void creating.run();
        }}
      >
        <TextField
          label={shell.workspaceName}
          hint={shell.workspaceHint}
          value={name}
          onChange={(event) => setName(event.target.value)}
          error={creating.about("name")}
          required
          maxLength={100}
        />
        <FormError>{creating.general("name")}</FormError>
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{common.cancel}</Button>
          <Button type="submit" tone="primary" isBusy={creating.isBusy}>
            {shell.createWorkspace}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
