/** Asks to sign in again on top of the page, when the session has ended: what waits goes on then, nothing is lost. */
import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { accountQuery } from "@/api/queries";
import { queryClient } from "@/api/queryClient";
import { expired, forgetSession, resume, tell } from "@/api/session";
import { Dialog } from "@/components/Dialog";
import { useStore } from "@/lib/store";
import { LoginForm } from "@/pages/account/LoginForm";
import { shell } from "@/texts/shell";

export function Expired() {
  const isExpired = useStore(expired);
  const account = useQuery({ ...accountQuery, enabled: false }).data;
  const email = account?.user?.email;
  useEffect(() => {
    if (!isExpired) return;
    // Another tab may have signed in meanwhile.
    const look = () =>
      void fetch("/api/v1/account").then(
        (answer) => answer.ok && resume(true),
        () => {},
      );
    addEventListener("focus", look);
    return () => removeEventListener("focus", look);
  }, [isExpired]);
  const leave = () => {
    forgetSession();
    queryClient.clear();
    location.assign("/login");
  };
  return (
    <Dialog title={shell.expiredTitle} description={shell.expired} isOpen={isExpired} onClose={leave} width="sm">
      <LoginForm
        email={email}
        action={shell.signInAgain}
        onDone={(it) => {
          tell("signed-in");
          // What is on the page is another account's.
          if (it.user.email !== email || it.tenant.id !== account?.tenant.id) location.assign("/");
          else resume(true);
        }}
      />
    </Dialog>
  );
}
