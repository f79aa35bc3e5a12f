/** From how an attempt failed to what helps. */
import { advice } from "@/texts/overview";

const BY_STATUS: [(status: number) => boolean, keyof typeof advice][] = [
  [(status) => status === 401 || status === 403, "auth"],
  [(status) => status === 404 || status === 405, "notFound"],
  [(status) => status === 410, "gone"],
  [(status) => status === 413, "tooLarge"],
  [(status) => status === 429, "tooMany"],
  [(status) => status >= 300 && status < 400, "redirect"],
  [(status) => status >= 400 && status < 500, "client"],
  [(status) => status >= 500, "server"],
];

const BY_WORDS: [RegExp, keyof typeof advice][] = [
  [/time|did not answer/i, "timeout"],
  [/certificate|tls/i, "tls"],
  [/resolve|name|dns/i, "resolve"],
  [/forbidden|not allowed|private|public/i, "forbidden"],
  [/connect|refused|reach/i, "connect"],
];

export function adviceFor(status: number | null, error: string | null): string {
  const byStatus = status === null ? undefined : BY_STATUS.find(([fits]) => fits(status))?.[1];
  const byWords = byStatus ?? BY_WORDS.find(([words]) => words.test(error ?? ""))?.[1];
  return advice[byWords ?? "other"];
}
