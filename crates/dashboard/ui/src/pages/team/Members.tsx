/** Members, their roles, and their end. */
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { leaveTeam } from "@/api/calls";
import { ask, client } from "@/api/client";
import { sentenceOf } from "@/api/errors";
import type { Account } from "@/api/queries";
import { forgetSession } from "@/api/session";
import { Button } from "@/components/Button";
import { Confirm } from "@/components/Dialog";
import { Panel } from "@/components/Page";
import { Plain } from "@/components/Plain";
import { type Column, Table } from "@/components/Table";
import { Time } from "@/components/Time";
import { Tip } from "@/components/Tip";
import { toast } from "@/components/toasts";
import { tableOf, team as texts } from "@/texts/workspace";
import { givenBy, isLastOwner, type Member, refusalOf } from "./rules";

interface Props {
  members: Member[];
  account: Account | undefined;
  refusal: string | undefined;
}

export function Members({ members, account, refusal }: Props) {
  const [ending, setEnding] = useState<Member | null>(null);
  const role = account?.role ?? null;
  const isSelf = (member: Member) => member.userId === account?.user?.id;
  const row = (member: Member): RowProps => ({
    member,
    isSelf: isSelf(member),
    role,
    refusal: refusal ?? refusalOf(member, members, role),
    // Whoever wants to leave may, but for the last owner.
    endRefusal: isSelf(member)
      ? isLastOwner(member, members)
        ? texts.lastOwner
        : undefined
      : (refusal ?? refusalOf(member, members, role)),
    onEnd: () => setEnding(member),
  });
  return (
    <Panel title={texts.members} isFlush>
      <Table
        label={tableOf(texts.members)}
        columns={COLUMNS.map((column) => ({ ...column, cell: (member: Member) => column.cell(row(member)) }))}
        rows={members}
        keyOf={(member) => member.userId}
        card={(member) => <Card {...row(member)} />}
        empty={null}
      />
      <Ending
        member={ending}
        account={account}
        isSelf={ending !== null && isSelf(ending)}
        onClose={() => setEnding(null)}
      />
    </Panel>
  );
}

interface RowProps {
  member: Member;
  isSelf: boolean;
  role: string | null;
  refusal: string | undefined;
  endRefusal: string | undefined;
  onEnd(): void;
}

const Email = ({ member, isSelf }: RowProps) => (
  <span className="font-medium break-all">
    <Plain most={200}>{member.email}</Plain>
    {isSelf && <span className="ml-2 rounded-full bg-hover px-2 text-sm font-normal text-muted">{texts.you}</span>}
  </span>
);

function RoleSelect({ member, role, refusal }: RowProps) {
  const queries = useQueryClient();
  const [isBusy, setBusy] = useState(false);
  const change = async (wanted: string) => {
    setBusy(true);
    try {
      const path = { id: member.userId };
      await ask(client.PATCH("/api/v1/team/members/{id}", { params: { path }, body: { role: wanted } }));
      toast({ tone: "good", text: texts.changed(member.email, texts.roles[wanted]?.toLowerCase() ?? wanted) });
    } catch (error) {
      toast({ tone: "bad", text: sentenceOf(error) });
    }
    await queries.invalidateQueries({ queryKey: ["team"] });
    await queries.invalidateQueries({ queryKey: ["account"] });
    setBusy(false);
  };
  const roles = [...new Set([...givenBy(role), member.role])];
  const select = (
    <select
      className="field !w-auto !min-h-8 !py-0.5 pr-7"
      aria-label={texts.roleOf(member.email)}
      value={member.role}
      disabled={isBusy || Boolean(refusal)}
      onChange={(event) => void change(event.target.value)}
    >
      {roles.map((it) => (
        <option key={it} value={it}>
          {texts.roles[it] ?? it}
        </option>
      ))}
    </select>
  );
  if (!refusal) return select;
  return (
    <Tip text={refusal}>
      <span tabIndex={0} role="note" aria-label={refusal} className="inline-block rounded-md">
        {select}
      </span>
    </Tip>
  );
}

const End = ({ isSelf, endRefusal, onEnd, member }: RowProps) => (
  <Button
    size="sm"
    refusal={endRefusal}
    onClick={onEnd}
    aria-label={isSelf ? texts.leave : `${texts.remove}: ${member.email}`}
  >
    {isSelf ? texts.leave : texts.remove}
  </Button>
);

const COLUMNS: Column<RowProps>[] = [
  { id: "email", title: texts.columns.email, width: "1fr", cell: (row) => <Email {...row} /> },
  { id: "role", title: texts.columns.role, width: "10rem", cell: (row) => <RoleSelect {...row} /> },
  { id: "since", title: texts.columns.since, width: "8rem", cell: (row) => <Time at={row.member.joinedAt} /> },
  {
    id: "end",
    title: <span className="sr-only">{texts.columns.actions}</span>,
    width: "8rem",
    isRight: true,
    cell: (row) => <End {...row} />,
  },
];

const Card = (row: RowProps) => (
  <div className="grid gap-2">
    <Email {...row} />
    <div className="flex items-center justify-between gap-2">
      <RoleSelect {...row} />
      <End {...row} />
    </div>
  </div>
);

interface EndingProps {
  member: Member | null;
  account: Account | undefined;
  isSelf: boolean;
  onClose(): void;
}

function Ending({ member, account, isSelf, onClose }: EndingProps) {
  const queries = useQueryClient();
  if (!member) return null;
  const remove = async () => {
    await ask(client.DELETE("/api/v1/team/members/{id}", { params: { path: { id: member.userId } } }));
    await queries.invalidateQueries({ queryKey: ["team"] });
  };
  const leave = async () => {
    await leaveTeam();
    forgetSession();
    queries.clear();
    location.assign("/login");
  };
  return (
    <Confirm
      title={isSelf ? texts.leaveTitle(account?.tenant.name ?? "") : texts.removeTitle(member.email)}
      action={isSelf ? texts.leave : texts.remove}
      isDanger
      isOpen
      onClose={onClose}
      onConfirm={isSelf ? leave : remove}
    >
      {isSelf ? texts.leaveText : texts.removeText}
    </Confirm>
  );
}
