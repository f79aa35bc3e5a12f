/** The third step: an event arrives, the provider's or an example. */
import { Link } from "@tanstack/react-router";
import { CircleCheck, FlaskConical, LoaderCircle } from "lucide-react";
import { useState } from "react";
import { ask, client, type Schemas } from "@/api/client";
import type { App } from "@/api/queries";
import { Button, buttonClass } from "@/components/Button";
import { CopyField } from "@/components/Copy";
import { FormError } from "@/components/Field";
import { Notice } from "@/components/Notice";
import { AUTO } from "@/components/SourcePicker";
import { useAction } from "@/lib/useAction";
import { welcome } from "@/texts/welcome";

interface Props {
  app: App;
  event: { id: string; status: string } | undefined;
}

export function Arrival({ app, event }: Props) {
  const [example, setExample] = useState<Schemas["Example"]>();
  const making = useAction(async () => {
    const provider = app.source === AUTO && { provider: "replicate" };
    setExample(await ask(client.POST("/api/v1/tools/mock", { body: { app: app.slug, ...provider } })));
  });
  if (event) return <Arrived event={event} />;
  return (
    <div className="card grid gap-4 p-4">
      <p role="status" className="flex items-start gap-2.5">
        <LoaderCircle size={17} className="mt-0.5 shrink-0 animate-spin text-wait" aria-hidden />
        <span>
          <b className="block font-medium">{welcome.waiting}</b>
          <span className="text-muted">{welcome.waitingHint}</span>
        </span>
      </p>
      <div className="grid gap-2 border-t border-line pt-4">
        <h3 className="font-medium">{welcome.test}</h3>
        {example ? (
          <>
            <p className="text-sm text-muted">{welcome.testHint}</p>
            <CopyField value={example.curl} label={welcome.test} isWrapped />
            {app.hasSecret && example.note && <p className="text-sm text-pretty text-muted">{example.note}</p>}
          </>
        ) : (
          <div>
            <Button icon={FlaskConical} onClick={() => making.run()} isBusy={making.isBusy}>
              {welcome.testAction}
            </Button>
          </div>
        )}
        <FormError>{making.general()}</FormError>
      </div>
    </div>
  );
}

const Arrived = ({ event }: { event: { id: string; status: string } }) => {
  const see = (
    <Link to="/events/$id" params={{ id: event.id }} search={{}} className={buttonClass("plain", "sm")}>
      {welcome.see}
    </Link>
  );
  if (event.status === "rejected") {
    return (
      <Notice tone="bad" isNew actions={see}>
        {welcome.rejected}
      </Notice>
    );
  }
  return (
    <p role="status" className="flex flex-wrap items-center gap-3">
      <CircleCheck size={18} className="text-good" aria-hidden />
      <b className="font-medium">{welcome.arrived}</b>
      {see}
    </p>
  );
};
