// Runs the journeys in a browser, against an AnyHook of their own: `npm run e2e [-- part of a name]`; with `--short` only
// those that find most in little time.
// ANYHOOK names the program, CHROMIUM the browser, if they are not where they are looked for.
import { mkdirSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { startAnyhook } from "./anyhook.mjs";
import { startBrowser } from "./browser.mjs";
import { startHandler } from "./handler.mjs";
import { Traveller } from "./traveller.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const given = process.argv.slice(2);
const isShort = given.includes("--short");
const wanted = given
  .filter((it) => it !== "--short")
  .join(" ")
  .toLowerCase();
const MOST_MS = 180_000;
/** Journeys wait more than they work. */
const AT_ONCE = 2;
/** The looks of every page, and what takes long for its size. */
const IN_FULL_ONLY = /^workspace-pages: accessible|^looks: (empty|signed out)|^hostile: what is large/;

async function journeys() {
  const found = [];
  for (const file of readdirSync(`${here}journeys`).sort()) {
    const { default: all } = await import(`./journeys/${file}`);
    for (const [name, run] of Object.entries(all)) found.push({ name: `${file.replace(".mjs", "")}: ${name}`, run });
  }
  const isMeant = ({ name }) => name.toLowerCase().includes(wanted) && !(isShort && IN_FULL_ONLY.test(name));
  return found.filter(isMeant);
}

const within = (ms, work) => {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done after ${ms / 1000} s`)), ms);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
};

const browser = await startBrowser();
const anyhook = await startAnyhook();
const handler = await startHandler();
let failed = 0;

async function walk({ name, run }) {
  const traveller = new Traveller({ browser, anyhook, handler });
  const begun = Date.now();
  try {
    await within(MOST_MS, run(traveller));
    traveller.assertUnharmed();
    console.log(`ok    ${name} (${Date.now() - begun} ms)`);
  } catch (error) {
    failed += 1;
    mkdirSync(`${here}shots`, { recursive: true });
    await traveller.shoot(`${here}shots/failed-${name.replace(/\W+/g, "-")}.png`);
    console.log(`FAIL  ${name}\n${error.stack ?? error}`);
    for (const line of traveller.harm) console.log(`      ${line}`);
    console.log(`      ${await traveller.seen()}`);
  } finally {
    await traveller.leave();
  }
}

async function lane(left) {
  for (let next = left.shift(); next; next = left.shift()) await walk(next);
}

const begun = Date.now();
try {
  const left = await journeys();
  const count = left.length;
  await Promise.all(Array.from({ length: AT_ONCE }, () => lane(left)));
  console.log(`${count} journeys, ${Math.round((Date.now() - begun) / 1_000)} s`);
} finally {
  await browser.close();
  handler.stop();
  await anyhook.stop();
}
if (failed > 0) {
  console.log(`${failed} failed; pictures are in e2e/shots`);
  process.exitCode = 1;
}
