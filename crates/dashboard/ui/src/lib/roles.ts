/** What a role may do: the rows of docs/permissions.md that the pages ask about. */
import { useQuery } from "@tanstack/react-query";
import { accountQuery } from "@/api/queries";
import { common } from "@/texts/common";

export type Right = "replay" | "configure" | "forget" | "manage";

const RIGHTS: Record<string, Right[]> = {
  owner: ["replay", "configure", "forget", "manage"],
  admin: ["replay", "configure", "forget", "manage"],
  member: ["replay", "configure"],
  viewer: [],
};

/** Why the reader may not; undefined if they may. The server decides, this only says so beforehand. */
export function useRefusal(right: Right): string | undefined {
  const role = useQuery(accountQuery).data?.role;
  return role && !RIGHTS[role]?.includes(right) ? common.mayNot(role) : undefined;
}
