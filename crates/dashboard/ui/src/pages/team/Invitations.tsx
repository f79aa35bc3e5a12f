/** Who was asked to join. */
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { ask, client } from "@/api/client";
import { sentenceOf } from "@/api/errors";
import { Button } from "@/components/Button";
import { Panel } from "@/components/Page";
import { Plain } from "@/components/Plain";
import { type Column, Table } from "@/components/Table";
import { Time } from "@/components/Time";
import { toast } from "@/components/toasts";
import { tableOf, team as texts } from "@/texts/workspace";
import type { Invitation } from "./rules";

interface Props {
  invitations: Invitation[];
  refusal: string | undefined;
}

export function Invitations({ invitations, refusal }: Props) {
  const withdraw = (it: Invitation) => <Withdraw invitation={it} refusal={refusal} />;
  const columns: Column<Invitation>[] = [
    ...COLUMNS,
    {
      id: "end",
      title: <span className="sr-only">{texts.columns.actions}</span>,
      width: "8rem",
      isRight: true,
      cell: withdraw,
    },
  ];
  return (
    <Panel title={texts.invitations} isFlush>
      <Table
        label={tableOf(texts.invitations)}
        columns={columns}
        rows={invitations}
        keyOf={(it) => it.id}
        card={(it) => (
          <div className="flex items-center justify-between gap-3">
            <div className="min-w-0">
              <Plain className="break-all">{it.email}</Plain>
              <p className="text-sm text-muted">
                {texts.roles[it.role]} · <Time at={it.expiresAt} />
              </p>
            </div>
            {withdraw(it)}
          </div>
        )}
        empty={<p className="p-4 text-muted">{texts.noInvitations}</p>}
      />
    </Panel>
  );
}

const COLUMNS: Column<Invitation>[] = [
  {
    id: "email",
    title: texts.columns.email,
    width: "1fr",
    cell: (it) => <Plain className="break-all">{it.email}</Plain>,
  },
  { id: "role", title: texts.columns.role, width: "10rem", cell: (it) => texts.roles[it.role] ?? it.role },
  { id: "expires", title: texts.columns.expires, width: "8rem", cell: (it) => <Time at={it.expiresAt} /> },
];

function Withdraw({ invitation, refusal }: { invitation: Invitation; refusal: string | undefined }) {
  const queries = useQueryClient();
  const [isBusy, setBusy] = useState(false);
  const run = async () => {
    setBusy(true);
    try {
      await ask(client.DELETE("/api/v1/team/invitations/{id}", { params: { path: { id: invitation.id } } }));
      toast({ tone: "good", text: texts.withdrawn });
    } catch (error) {
      toast({ tone: "bad", text: sentenceOf(error) });
    }
    await queries.invalidateQueries({ queryKey: ["team"] });
    setBusy(false);
  };
  return (
    <Button
      size="sm"
      refusal={refusal}
      isBusy={isBusy}
      onClick={run}
      aria-label={`${texts.withdraw}: ${invitation.email}`}
    >
      {texts.withdraw}
    </Button>
  );
}
