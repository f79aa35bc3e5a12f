/** The way to an issuer, to sign in with an account there from then on. */
import { Plus } from "lucide-react";
import { linkIdentity } from "@/api/calls";
import { sentenceOf } from "@/api/errors";
import { Button } from "@/components/Button";
import { toast } from "@/components/toasts";
import { useAction } from "@/lib/useAction";
import { settings } from "@/texts/settings";

export function LinkIdentity({ name }: { name: string }) {
  const linking = useAction(async () => {
    try {
      location.assign((await linkIdentity("/settings")).url);
    } catch (error) {
      toast({ tone: "bad", text: sentenceOf(error) });
    }
  });
  return (
    <Button size="sm" icon={Plus} isBusy={linking.isBusy} onClick={() => linking.run()}>
      {settings.identities.link(name)}
    </Button>
  );
}
