// Answers one line with one line of JSON. The first line, unasked, says what there is: `signers` and `checkers`, each
// a list of [provider, library]. Then, by the place in that list:
//   {"sign": 3, "secret", "url", "body"} -> {"url", "headers", "body"}
//   {"check": 5, "secret", "url", "method", "headers", "body", "resources"} -> {"valid", "why"}
import { createInterface } from "node:readline";

import { checkers } from "./check.mjs";
import { signers } from "./sign.mjs";

// What libraries have to say beside it is no answer.
for (const level of ["log", "info", "debug", "warn"]) console[level] = () => {};

const say = (answer) => process.stdout.write(`${JSON.stringify(answer)}\n`);
const names = (table) => table.map(([provider, library]) => [provider, library]);

async function sign({ sign: at, ...wanted }) {
  const signed = await signers[at][2](wanted);
  return { url: wanted.url, body: wanted.body, ...signed };
}

/** A library says no by an error or by a value. */
async function check({ check: at, ...request }) {
  try {
    const said = await checkers[at][2](request);
    return { valid: said === true, why: String(said) };
  } catch (error) {
    return { valid: false, why: String(error) };
  }
}

say({ signers: names(signers), checkers: names(checkers) });
for await (const line of createInterface({ input: process.stdin })) {
  const asked = JSON.parse(line);
  say(await ("sign" in asked ? sign(asked) : check(asked)));
}
