/** For whoever runs the installation: its workspaces, plans and health. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { accountQuery } from "@/api/queries";
import { NotFound } from "@/components/Lost";
import { Page } from "@/components/Page";
import { Segmented } from "@/components/Segmented";
import { operator as texts } from "@/texts/settings";
import { HealthPart } from "./HealthPart";
import { PlansPart } from "./PlansPart";
import { TenantsPart } from "./TenantsPart";

type Part = keyof typeof texts.tabs;
const PARTS = (Object.keys(texts.tabs) as Part[]).map((value) => ({ value, text: texts.tabs[value] }));

export function OperatorPage() {
  const account = useQuery(accountQuery).data;
  const [part, setPart] = useState<Part>("tenants");
  if (!account?.isOperator) return <NotFound />;
  return (
    <Page
      title={texts.title}
      lead={texts.lead}
      isWide
      actions={<Segmented<Part> label={texts.tab} options={PARTS} value={part} onChange={setPart} />}
    >
      {part === "tenants" && <TenantsPart />}
      {part === "plans" && <PlansPart />}
      {part === "health" && <HealthPart />}
    </Page>
  );
}
