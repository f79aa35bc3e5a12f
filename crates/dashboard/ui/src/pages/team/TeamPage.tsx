/** Who belongs to the workspace. */
import { useQuery } from "@tanstack/react-query";
import { Check, Plus } from "lucide-react";
import { useState } from "react";
import { accountQuery } from "@/api/queries";
import { Button } from "@/components/Button";
import { Page, Panel } from "@/components/Page";
import { Loaded, Skeleton } from "@/components/States";
import { useRefusal } from "@/lib/roles";
import { tableOf, team as texts } from "@/texts/workspace";
import { Invitations } from "./Invitations";
import { InviteDialog } from "./InviteDialog";
import { Members } from "./Members";
import { teamQuery } from "./query";

export function TeamPage() {
  const query = useQuery(teamQuery);
  const account = useQuery(accountQuery).data;
  const refusal = useRefusal("manage");
  const [isInviting, setInviting] = useState(false);
  return (
    <Page
      title={texts.title}
      lead={texts.lead}
      actions={
        <Button tone="primary" icon={Plus} refusal={refusal} onClick={() => setInviting(true)}>
          {texts.invite}
        </Button>
      }
    >
      <div className="grid grid-cols-[minmax(0,1fr)] gap-4">
        <Loaded query={query} skeleton={<Skeleton lines={6} />}>
          {(team) => (
            <>
              <Members members={team.members} account={account} refusal={refusal} />
              <Invitations invitations={team.invitations} refusal={refusal} />
            </>
          )}
        </Loaded>
        <Roles present={account?.role ?? null} />
      </div>
      <InviteDialog isOpen={isInviting} role={account?.role ?? null} onClose={() => setInviting(false)} />
    </Page>
  );
}

const ROLES = Object.keys(texts.roles);

const Roles = ({ present }: { present: string | null }) => (
  <Panel title={texts.rolesTitle} isFlush>
    <section className="overflow-x-auto" tabIndex={0} aria-label={tableOf(texts.rolesTitle)}>
      <table className="w-full text-left">
        <thead>
          <tr className="text-xs text-muted">
            <th scope="col" className="h-9 min-w-32 px-4 font-medium sm:min-w-48">
              {texts.may}
            </th>
            {ROLES.map((role) => (
              <th key={role} scope="col" className="px-1.5 text-center font-medium max-sm:text-2xs sm:px-4">
                {texts.roles[role]}
                {role === present && <span className="block font-normal">({texts.you})</span>}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {texts.rights.map(([right, roles]) => (
            <tr key={right} className="border-t border-line">
              <th scope="row" className="py-2 pl-4 font-normal text-pretty max-sm:text-sm sm:pr-4">
                {right}
              </th>
              {ROLES.map((role) => (
                <td key={role} className="px-1.5 text-center sm:px-4">
                  <May is={(roles as readonly string[]).includes(role)} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  </Panel>
);

const May = ({ is }: { is: boolean }) =>
  is ? (
    <>
      <Check size={16} className="inline text-good" aria-hidden />
      <span className="sr-only">{texts.yes}</span>
    </>
  ) : (
    <>
      <span aria-hidden className="text-faint">
        –
      </span>
      <span className="sr-only">{texts.no}</span>
    </>
  );
