// Takes a picture of every page, empty, full and failing, in both themes, on a desk and on a phone, into
// target/screenshots: `npm run screenshots [-- part of a name]`. With `--readme` also those of the README into docs/images.
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { OPERATOR, startAnyhook } from "./anyhook.mjs";
import { startBrowser } from "./browser.mjs";
import { startHandler } from "./handler.mjs";
import { seed } from "./seed.mjs";
import { Traveller } from "./traveller.mjs";

const folder = (path) => fileURLToPath(new URL(`../../../../${path}`, import.meta.url));
const OUT = folder("target/screenshots");
const README = folder("docs/images");
const isForReadme = process.argv.includes("--readme");
const wanted = process.argv.slice(2).find((it) => !it.startsWith("--")) ?? "";
const PAGES = {
  overview: "/",
  events: "/events",
  rejected: "/rejected",
  apps: "/apps",
  usage: "/usage",
  team: "/team",
  "api-keys": "/api-keys",
  audit: "/audit",
  anchors: "/anchors",
  settings: "/settings",
  welcome: "/welcome",
};
const OUTSIDE = { login: "/login", signup: "/signup", "forgot-password": "/forgot-password", nowhere: "/nowhere" };
const FAILING = ["overview", "events", "apps", "usage", "audit"];
const SIZES = { desk: { width: 1280, height: 860 }, phone: { width: 390, height: 844 } };
const IN_README = ["overview", "events", "event"];
const THEMES = ["light", "dark"];

/** Nothing is loading, and what is drawn late is drawn. */
async function settled(page) {
  await page.locator("h1, h2").first().waitFor();
  await page.waitForFunction(() => !document.querySelector(".skeleton"));
  await page.evaluate(() => document.fonts.ready);
  await page.waitForTimeout(500);
}

async function shoot(page, name, of) {
  mkdirSync(`${OUT}/${of}`, { recursive: true });
  await page.screenshot({ path: `${OUT}/${of}/${name}.png` });
}

/** As WebP, which is a fifth of a PNG. */
async function shootForReadme(page, name) {
  const session = await page.context().newCDPSession(page);
  const { data } = await session.send("Page.captureScreenshot", { format: "webp", quality: 82 });
  await session.detach();
  mkdirSync(README, { recursive: true });
  writeFileSync(`${README}/${name}.webp`, Buffer.from(data, "base64"));
}

async function tour(traveller, pages, of, prepare) {
  const storageState = await traveller.contexts[0]?.storageState();
  for (const theme of THEMES) {
    for (const [kind, size] of Object.entries(SIZES)) {
      const page = await traveller.window({ theme, size, storageState });
      await prepare?.(page);
      for (const [name, path] of Object.entries(pages)) {
        if (!`${of}/${name}`.includes(wanted)) continue;
        await traveller.go(path);
        await settled(page);
        await shoot(page, `${name}-${kind}-${theme}`, of);
        if (isForReadme && of === "full" && kind === "desk" && IN_README.includes(name)) {
          await shootForReadme(page, `${name}-${theme}`);
        }
      }
      await page.context().close();
    }
  }
}

const failing = (page) =>
  page.route(/\/api\/v1\/(?!account$|tenants$|events\/stream)/, (route) =>
    route.fulfill({ status: 500, json: { error: "The log is away for a moment.", code: "internal" } }),
  );

const [browser, anyhook, handler] = [await startBrowser(), await startAnyhook(), await startHandler()];
const someone = () => new Traveller({ browser, anyhook, handler });
try {
  if (!wanted) rmSync(OUT, { recursive: true, force: true });
  await tour(someone(), OUTSIDE, "outside");
  const empty = someone();
  await empty.arrive();
  await tour(empty, PAGES, "empty");
  const full = someone();
  full.email = "you@example.com";
  await full.arrive({ name: "Acme" });
  const further = await seed(full);
  await tour(full, { ...PAGES, ...further }, "full");
  const some = Object.fromEntries(Object.entries(PAGES).filter(([name]) => FAILING.includes(name)));
  await tour(full, some, "failing", failing);
  const operator = someone();
  operator.email = OPERATOR;
  await operator.arrive({ name: "Operations" });
  await operator.verifyEmail();
  await tour(operator, { operator: "/operator" }, "full");
} finally {
  await browser.close();
  handler.stop();
  await anyhook.stop();
}
console.log(`the pictures are in ${OUT}`);
