/** Settings of the workspace, of the reader's account, and of this browser. */
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { accountQuery } from "@/api/queries";
import { Page } from "@/components/Page";
import { Loaded, Skeleton } from "@/components/States";
import { settings as texts } from "@/texts/settings";
import { Appearance } from "./Appearance";
import { EmailState } from "./EmailState";
import { Identities } from "./Identities";
import { Password } from "./Password";
import { SecondFactor } from "./SecondFactor";
import { Sessions } from "./Sessions";
import { WorkspaceForm } from "./WorkspaceForm";
import { Workspaces } from "./Workspaces";

export function SettingsPage() {
  const account = useQuery(accountQuery);
  return (
    <Page title={texts.title} lead={texts.lead}>
      <Loaded query={account} skeleton={<Skeleton lines={8} />}>
        {(it) => (
          <div className="grid gap-8">
            <Section title={texts.sections.workspace}>
              <WorkspaceForm tenant={it.tenant} />
              <Workspaces />
            </Section>
            {it.user && (
              <Section title={texts.sections.account}>
                <EmailState user={it.user} />
                <Password />
                <SecondFactor />
                <Sessions />
                <Identities />
              </Section>
            )}
            <Section title={texts.sections.browser}>
              <Appearance />
            </Section>
          </div>
        )}
      </Loaded>
    </Page>
  );
}

const Section = ({ title, children }: { title: string; children: ReactNode }) => (
  <div className="grid gap-x-8 gap-y-3 lg:grid-cols-[12rem_minmax(0,1fr)]">
    <h2 className="text-lg font-semibold lg:pt-2">{title}</h2>
    <div className="grid max-w-3xl min-w-0 gap-4">{children}</div>
  </div>
);
