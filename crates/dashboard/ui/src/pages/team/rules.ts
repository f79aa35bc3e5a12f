/** Who of a team may be changed by whom. */
import type { Schemas } from "@/api/client";
import { team as texts } from "@/texts/workspace";

export type Member = Schemas["Member"];
export type Invitation = Schemas["Invitation"];

const OWNER = "owner";

/** A workspace keeps an owner. */
export const isLastOwner = (member: Member, members: Member[]): boolean =>
  member.role === OWNER && members.filter((it) => it.role === OWNER).length === 1;

/** Why a member cannot be changed by somebody with this role; undefined where it can. */
export function refusalOf(member: Member, members: Member[], role: string | null): string | undefined {
  if (isLastOwner(member, members)) return texts.lastOwner;
  return member.role === OWNER && role !== OWNER ? texts.onlyOwners : undefined;
}

/** Roles that somebody with this role gives to others. */
export const givenBy = (role: string | null): string[] =>
  Object.keys(texts.roles).filter((it) => it !== OWNER || role === OWNER);
