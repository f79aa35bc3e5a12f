/** A destination's filter: as it is stored, and as it is written. */
import { destination as texts } from "@/texts/destination";

/** What stands in the editor. */
export function filterText(filter: unknown): string {
  if (filter === null || filter === undefined || filter === "") return "";
  if (typeof filter !== "string") return JSON.stringify(filter, null, 2);
  try {
    return JSON.stringify(JSON.parse(filter), null, 2);
  } catch {
    return filter;
  }
}

export type ReadFilter = { filter: object | null } | { problem: string };

/** Empty text is no filter. Whether its operators are right is for the server to say. */
export function readFilter(text: string): ReadFilter {
  if (text.trim() === "") return { filter: null };
  try {
    const filter: unknown = JSON.parse(text);
    if (typeof filter === "object" && filter !== null && !Array.isArray(filter)) return { filter };
    return { problem: texts.wants.notObject };
  } catch (error) {
    const why = error instanceof Error ? error.message : "";
    return { problem: texts.wants.notJson(why) };
  }
}

export const patternsOf = (text: string): string[] =>
  text
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean);

/** By what the source's events look like, where that is known. */
export function exampleFor(source: string): object {
  if (source === "stripe")
    return { body: { type: { $startsWith: "invoice." }, data: { object: { amount_due: { $gte: 1000 } } } } };
  if (source === "replicate") return { body: { status: { $in: ["succeeded", "failed"] } } };
  if (source === "github") return { headers: { "x-github-event": "push" }, body: { ref: "refs/heads/main" } };
  return { body: { status: "paid", amount: { $gte: 100 } }, headers: { "x-environment": { $neq: "test" } } };
}
