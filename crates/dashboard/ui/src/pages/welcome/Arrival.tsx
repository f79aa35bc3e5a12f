/** The third step: an event arrives, the provider's or an example. */
import { Link } from "@tanstack/react-router";
import { CircleCheck, LoaderCircle } from "lucide-react";
import type { App } from "@/api/queries";
import { buttonClass } from "@/components/Button";
import { Notice } from "@/components/Notice";
import { welcome } from "@/texts/welcome";
import { ExampleForm } from "../apps/ExampleForm";
import { SendTest } from "../apps/SendTest";

interface Props {
  app: App;
  /** The provider's, where it was typed in the first step. */
  secret: string;
  event: { id: string; status: string } | undefined;
  /** One may be there now. */
  onSent(): void;
}

export function Arrival({ app, secret, event, onSent }: Props) {
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
        <SendTest slug={app.slug} tone="plain" onDone={onSent} />
        <details>
          <summary className="link w-fit cursor-pointer text-sm">{welcome.elsewhere}</summary>
          <div className="pt-3">
            <ExampleForm app={app} secret={secret} />
          </div>
        </details>
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
