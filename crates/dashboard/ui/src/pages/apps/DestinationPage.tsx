/** One destination: how it stands, how it answers, and everything that can be set about it. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { Pause, Play, PlugZap, Send } from "lucide-react";
import { useEffect, useState } from "react";
import {
  changeDestination,
  type FullApp,
  type FullDestination,
  type Probe,
  probe,
  taggedAppQuery,
  taggedDestinationQuery,
} from "@/api/calls";
import { isNotFound } from "@/api/errors";
import { Button } from "@/components/Button";
import { FormError } from "@/components/Field";
import { NotFound } from "@/components/Lost";
import { Page } from "@/components/Page";
import { Plain } from "@/components/Plain";
import { Loaded, Skeleton } from "@/components/States";
import { toast } from "@/components/toasts";
import { useRefusal } from "@/lib/roles";
import { useAction } from "@/lib/useAction";
import { visible } from "@/lib/visible";
import { destination as texts } from "@/texts/destination";
import { Trail } from "./AppPage";
import { DestinationCharts } from "./DestinationCharts";
import { AddressForm, type FormProps, LimitsForm, RemoveDestination, SigningForm } from "./DestinationForms";
import { StateNotices, StatePanel } from "./DestinationState";
import { HeadersForm } from "./HeadersForm";
import { ProbeResult } from "./ProbeResult";
import { RetriesForm } from "./RetriesForm";
import { WantsForm } from "./WantsForm";

export function DestinationPage() {
  const { slug = "", id = "" } = useParams({ strict: false });
  const query = useQuery(taggedAppQuery(slug));
  const tagged = useQuery(taggedDestinationQuery(slug, id));
  const listed = query.data?.it.destinations.find((it) => it.id === id);
  // What is changed must be what the tag is of.
  const found = listed && (tagged.data?.it ?? listed);
  if (isNotFound(query.error) || (query.data && !found)) {
    return <NotFound title={texts.notFoundTitle} text={texts.notFound} />;
  }
  if (query.data && found && !tagged.isPending) {
    return <Shown key={found.id} app={query.data.it} destination={found} tag={tagged.data?.tag} />;
  }
  return (
    <Page title={texts.title} above={<Trail />} isWide>
      <Loaded
        query={{ ...query, data: undefined, isPending: query.isPending || tagged.isPending }}
        skeleton={<Skeleton lines={8} />}
      >
        {() => null}
      </Loaded>
    </Page>
  );
}

interface ShownProps {
  app: FullApp;
  destination: FullDestination;
  tag: string | undefined;
}

function Shown({ app, destination, tag }: ShownProps) {
  const queries = useQueryClient();
  const refusal = useRefusal("configure");
  const store = async (change: object) => {
    try {
      await changeDestination(app.slug, destination.id, change, tag);
    } finally {
      await queries.invalidateQueries({ queryKey: ["apps"] });
    }
  };
  const form: FormProps = { app, destination, store, refusal };
  const asking = useProbe(app.slug, destination.id);
  return (
    <Page
      title={visible(destination.url)}
      heading={
        <span className="font-mono text-lg break-all">
          <Plain most={300}>{destination.url}</Plain>
        </span>
      }
      above={<Trail app={app} />}
      isWide
      actions={<Actions {...form} asking={asking} />}
    >
      <div className="grid gap-4">
        <StateNotices app={app} destination={destination} />
        <FormError>{asking.failure}</FormError>
        {asking.result && <ProbeResult probe={asking.result} how={asking.how} />}
        <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,1fr)_24rem]">
          <div className="grid min-w-0 gap-4">
            <DestinationCharts id={destination.id} />
            <RetriesForm {...form} />
            <WantsForm {...form} source={app.source} />
          </div>
          <div className="grid min-w-0 gap-4">
            <StatePanel app={app} destination={destination} />
            <AddressForm {...form} />
            <SigningForm {...form} />
            <LimitsForm {...form} />
            <HeadersForm {...form} />
            <RemoveDestination {...form} />
          </div>
        </div>
      </div>
    </Page>
  );
}

type How = "test" | "check";

function useProbe(slug: string, id: string) {
  const [how, setHow] = useState<How>("check");
  const [result, setResult] = useState<Probe>();
  const asking = useAction(async (wanted: How) => {
    setHow(wanted);
    setResult(undefined);
    setResult(await probe(slug, id, wanted));
  });
  return { how, result, run: asking.run, isBusy: asking.isBusy, failure: asking.general() };
}

function Actions({ app, destination, refusal, asking }: FormProps & { asking: ReturnType<typeof useProbe> }) {
  const queries = useQueryClient();
  const { is_paused: isPaused } = destination;
  const switching = useAction(async () => {
    // Whatever else was changed meanwhile, this is wanted.
    await changeDestination(app.slug, destination.id, { is_paused: !isPaused });
    await queries.invalidateQueries({ queryKey: ["apps"] });
    toast({ tone: "good", text: isPaused ? texts.nowResumed : texts.nowPaused });
  });
  const failure = switching.general();
  useEffect(() => {
    if (failure) toast({ tone: "bad", text: failure });
  }, [failure]);
  const isAsking = (how: How) => asking.isBusy && asking.how === how;
  return (
    <>
      <Button icon={PlugZap} refusal={refusal} isBusy={isAsking("check")} onClick={() => asking.run("check")}>
        {texts.check}
      </Button>
      <Button icon={Send} refusal={refusal} isBusy={isAsking("test")} onClick={() => asking.run("test")}>
        {texts.test}
      </Button>
      <Button
        icon={isPaused ? Play : Pause}
        refusal={refusal}
        isBusy={switching.isBusy}
        onClick={() => switching.run()}
      >
        {isPaused ? texts.resume : texts.pause}
      </Button>
    </>
  );
}
