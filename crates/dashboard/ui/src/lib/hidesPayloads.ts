/** Whether payloads stay closed until the reader asks for one: the workspace may want it for all, a reader for this browser. */
import { useQuery } from "@tanstack/react-query";
import { accountQuery } from "@/api/queries";
import { remembered, useStore } from "./store";

export const hidesPayloads = remembered("hides-payloads", false);

/** Closed, too, for as long as it is not known what the workspace wants. */
export function useHidesPayloads(): { isHiding: boolean; isForAll: boolean } {
  const account = useQuery(accountQuery).data;
  const isHidingHere = useStore(hidesPayloads);
  const isForAll = account?.tenant.hidesPayloads ?? true;
  return { isHiding: isForAll || isHidingHere, isForAll };
}
