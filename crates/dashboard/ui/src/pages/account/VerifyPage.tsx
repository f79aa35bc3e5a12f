/** Confirming an e-mail address with a link's token. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ask, client } from "@/api/client";
import { errorOf, sentenceOf } from "@/api/errors";
import { buttonClass } from "@/components/Button";
import { Skeleton } from "@/components/States";
import { account } from "@/texts/account";
import { Sheet, useToken } from "./parts";

const { verify } = account;

export function VerifyPage() {
  const token = useToken();
  // A query, since it must be sent once, however often the page is drawn.
  const done = useQuery({
    queryKey: ["verify-email", token],
    queryFn: () =>
      token
        ? ask(client.POST("/api/v1/verify-email", { body: { token } }))
        : Promise.reject(errorOf(0, { error: account.reset.noToken, code: "no_token" })),
    retry: false,
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnWindowFocus: false,
  });
  const on = (
    <Link to="/" className={buttonClass("primary")}>
      {verify.on}
    </Link>
  );
  if (done.isPending) {
    return (
      <Sheet title={verify.title}>
        <Skeleton lines={2} />
      </Sheet>
    );
  }
  return done.isSuccess ? (
    <Sheet title={verify.doneTitle} lead={verify.done}>
      {on}
    </Sheet>
  ) : (
    <Sheet title={verify.failedTitle} lead={sentenceOf(done.error)}>
      {on}
    </Sheet>
  );
}
