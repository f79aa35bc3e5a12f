/** The first-run guide: from a source to a delivered event. How far one has come stands in the address. */
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Check } from "lucide-react";
import { type ReactNode, useState } from "react";
import { isNotFound } from "@/api/errors";
import { appQuery, eventsQuery } from "@/api/queries";
import { buttonClass } from "@/components/Button";
import { Page } from "@/components/Page";
import { Failure, Skeleton } from "@/components/States";
import { cx } from "@/lib/cx";
import { welcome } from "@/texts/welcome";
import { Arrival } from "./Arrival";
import { ConnectDestination } from "./ConnectDestination";
import { Inbound } from "./Inbound";
import { MakeApp } from "./MakeApp";

export function WelcomePage() {
  const { app: slug } = useSearch({ strict: false }) as { app?: string };
  const navigate = useNavigate();
  // Kept for the example that it signs, and only for as long as the guide is open: the server tells it to nobody.
  const [typed, setTyped] = useState({ app: "", secret: "" });
  const made = (app: string, secret: string) => {
    setTyped({ app, secret });
    void navigate({ to: "/welcome", search: { app }, replace: true });
  };
  return (
    <Page
      title={welcome.title}
      lead={welcome.lead}
      actions={
        <Link to="/" className={buttonClass("quiet")}>
          {welcome.skip}
        </Link>
      }
    >
      {slug ? (
        <Guide slug={slug} secret={typed.app === slug ? typed.secret : ""} />
      ) : (
        <ol className="max-w-2xl">
          <Step number={1} title={welcome.steps.source} state="now">
            <MakeApp onMade={made} />
          </Step>
          <Step number={2} title={welcome.steps.inbound} state="later" />
          <Step number={3} title={welcome.steps.event} state="later" />
          <Step number={4} title={welcome.steps.destination} state="later" />
        </ol>
      )}
    </Page>
  );
}

function Guide({ slug, secret }: { slug: string; secret: string }) {
  const app = useQuery(appQuery(slug));
  const events = useQuery({
    queryKey: ["events", "first", slug],
    queryFn: (context) => {
      const first = eventsQuery({ app_slug: slug });
      return (first.queryFn as (context: unknown) => Promise<{ events: { id: string; status: string }[] }>)({
        ...context,
        pageParam: "",
      });
    },
    // Beside the live stream, which a proxy may hold back.
    refetchInterval: (query) => (query.state.data?.events.length ? false : 3_000),
  });
  if (app.isPending) return <Skeleton lines={6} />;
  if (!app.data) {
    return isNotFound(app.error) ? <Again /> : <Failure error={app.error} onRetry={() => app.refetch()} />;
  }
  const first = events.data?.events.at(-1);
  const isConnected = app.data.destinations.length > 0;
  return (
    <ol className="max-w-2xl">
      <Step number={1} title={app.data.name} state="done" />
      <Step number={2} title={welcome.steps.inbound} state={first ? "done" : "now"}>
        <Inbound app={app.data} />
      </Step>
      <Step number={3} title={welcome.steps.event} state={first ? "done" : "now"}>
        <Arrival app={app.data} secret={secret} event={first} onSent={() => events.refetch()} />
      </Step>
      <Step number={4} title={welcome.steps.destination} state={isConnected ? "done" : "now"}>
        <ConnectDestination app={app.data} firstEvent={first} />
      </Step>
    </ol>
  );
}

const Again = () => (
  <Link to="/welcome" search={{}} className={buttonClass("primary")}>
    {welcome.title}
  </Link>
);

interface StepProps {
  number: number;
  title: string;
  state: "done" | "now" | "later";
  children?: ReactNode;
}

const CIRCLES = {
  done: "bg-accent text-on-accent",
  now: "bg-accent-soft text-accent ring-1 ring-accent",
  later: "bg-hover text-muted",
};

const Step = ({ number, title, state, children }: StepProps) => (
  <li
    aria-current={state === "now" ? "step" : undefined}
    className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 pb-7 last:pb-0"
  >
    <span className="flex flex-col items-center gap-2">
      <span className={cx("grid size-7 place-items-center rounded-full text-sm font-semibold", CIRCLES[state])}>
        {state === "done" ? <Check size={15} strokeWidth={2.5} aria-hidden /> : number}
      </span>
      <span aria-hidden className="w-px flex-1 bg-line" />
    </span>
    <div className="grid content-start gap-3 pt-0.5">
      <h2 className={cx("text-lg font-semibold", state === "later" && "text-muted")}>{title}</h2>
      {children}
    </div>
  </li>
);
