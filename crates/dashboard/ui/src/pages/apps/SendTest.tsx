/** One click: an example comes in as if its provider had sent it, signed with the app's own secret. */
import { Send } from "lucide-react";
import { useState } from "react";
import { ask, client, type Schemas } from "@/api/client";
import { Button } from "@/components/Button";
import { FormError } from "@/components/Field";
import { useRefusal } from "@/lib/roles";
import { useAction } from "@/lib/useAction";
import { app as texts } from "@/texts/app";

const words = texts.test;

type Sent = Schemas["SentTestEvent"];

interface Props {
  slug: string;
  tone?: "primary" | "plain";
  /** Before it is sent, so that whoever waits for it does not miss it. */
  onSend?(): void;
  /** What came of it; nothing where it failed. */
  onDone?(sent: Sent | undefined): void;
}

export function SendTest({ slug, tone = "primary", onSend, onDone }: Props) {
  const refusal = useRefusal("replay");
  const [problem, setProblem] = useState<string>();
  const sending = useAction(async () => {
    setProblem(undefined);
    onSend?.();
    let sent: Sent | undefined;
    try {
      sent = await ask(client.POST("/api/v1/apps/{slug}/test", { params: { path: { slug } } }));
      setProblem(sent.problem ?? undefined);
    } finally {
      onDone?.(sent?.ok ? sent : undefined);
    }
  });
  return (
    <div className="grid justify-items-start gap-3">
      <Button icon={Send} tone={tone} refusal={refusal} onClick={() => sending.run()} isBusy={sending.isBusy}>
        {words.send}
      </Button>
      <FormError>{sending.general() ?? problem}</FormError>
    </div>
  );
}
