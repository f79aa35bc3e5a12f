/** The address that the reader signs in with, and whether it is known to be theirs. */
import { MailCheck } from "lucide-react";
import { sendVerification } from "@/api/calls";
import type { Account } from "@/api/queries";
import { Button } from "@/components/Button";
import { FormError } from "@/components/Field";
import { Panel } from "@/components/Page";
import { Plain } from "@/components/Plain";
import { Standing } from "@/components/Status";
import { toast } from "@/components/toasts";
import { useAction } from "@/lib/useAction";
import { settings } from "@/texts/settings";

const words = settings.email;

export function EmailState({ user }: { user: NonNullable<Account["user"]> }) {
  const sending = useAction(async () => {
    await sendVerification();
    toast({ tone: "good", text: words.sent });
  });
  const isUnverified = !user.emailVerified;
  return (
    <Panel title={words.title}>
      <div className="grid gap-3">
        <p className="flex flex-wrap items-center gap-x-4 gap-y-1">
          <Plain className="font-medium break-all">{user.email}</Plain>
          {user.emailVerified && <Standing is="good">{words.verified}</Standing>}
          {isUnverified && <Standing is="warn">{words.unverified}</Standing>}
        </p>
        {isUnverified && (
          <>
            <p className="text-sm text-muted">{words.why}</p>
            <div>
              <Button icon={MailCheck} isBusy={sending.isBusy} onClick={() => sending.run()}>
                {words.send}
              </Button>
            </div>
          </>
        )}
        <FormError>{sending.general()}</FormError>
      </div>
    </Panel>
  );
}
