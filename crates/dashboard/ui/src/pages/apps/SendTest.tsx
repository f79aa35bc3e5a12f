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

interface Props {
  slug: string;
  tone?: "primary" | "plain";
  onSent?(): void;
}

export function SendTest({ slug, tone = "primary", onSent }: Props) {
  const refusal = useRefusal("replay");
  const [sent, setSent] = useState<Schemas["SentTestEvent"]>();
  const sending = useAction(async () => {
    setSent(undefined);
    const done = await ask(client.POST("/api/v1/apps/{slug}/test", { params: { path: { slug } } }));
    setSent(done);
    if (done.ok) onSent?.();
  });
  return (
    <div className="grid justify-items-start gap-3">
      <Button icon={Send} tone={tone} refusal={refusal} onClick={() => sending.run()} isBusy={sending.isBusy}>
        {words.send}
      </Button>
      <FormError>{sending.general() ?? sent?.problem}</FormError>
    </div>
  );
}
