// Somebody in a browser, with an account of their own, who notices what a page must never do.

import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const axe = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const PASSWORD = "correct horse battery";
/** As long as a busy machine may need; nothing waits for it to pass. */
const PATIENCE_MS = 45_000;
/** Of a page's outline. */
const MOST_LINES = 60;
let count = 0;

/** What the browser writes about answers that a journey brings about on purpose, and calls that a server may lack. */
const EXPECTED = /Failed to load resource/;

export class Traveller {
  constructor({ browser, anyhook, handler }) {
    count += 1;
    Object.assign(this, { browser, anyhook, handler, base: anyhook.base });
    this.address = `192.0.2.${count % 250}`;
    this.email = `traveller-${process.pid}-${count}@example.com`;
    this.password = PASSWORD;
    this.harm = [];
    this.contexts = [];
  }

  /** Opens a browser window of its own. */
  async window({ isPhone = false, theme = "light", storageState, reducedMotion = "reduce", size } = {}) {
    const viewport = size ?? (isPhone ? { width: 360, height: 780 } : { width: 1280, height: 860 });
    const extraHTTPHeaders = { "x-forwarded-for": this.address };
    const context = await this.browser.newContext({
      viewport,
      colorScheme: theme,
      reducedMotion,
      storageState,
      extraHTTPHeaders,
    });
    this.contexts.push(context);
    context.setDefaultTimeout(PATIENCE_MS);
    const page = await context.newPage();
    page.on("pageerror", (error) => this.harm.push(`error on the page: ${error.message}`));
    page.on("console", (message) => {
      if (message.type() === "error" && !EXPECTED.test(message.text())) this.harm.push(`console: ${message.text()}`);
    });
    page.on("request", (request) => {
      const url = new URL(request.url());
      const isOwn = url.origin === this.base || url.protocol === "data:" || url.protocol === "blob:";
      if (!isOwn) this.harm.push(`another host was asked: ${request.url()}`);
    });
    page.on("dialog", (dialog) => {
      this.harm.push(`a script of a sender's ran: ${dialog.message()}`);
      void dialog.dismiss();
    });
    await page.addInitScript(() => {
      addEventListener("securitypolicyviolation", (event) => {
        console.error(`the policy was violated: ${event.violatedDirective} ${event.blockedURI}`);
      });
    });
    this.page = page;
    return page;
  }

  /** Signs up without the pages, and opens a window that is signed in. */
  async arrive({ name = `Acme ${count}`, ...options } = {}) {
    const made = await this.call("POST", "/api/v1/signup", {
      email: this.email,
      password: PASSWORD,
      tenant: { name },
    });
    this.key = made.apiKey;
    this.tenant = made.tenant;
    const page = await this.window(options);
    const signedIn = await page.request.post(`${this.base}/api/v1/login`, {
      data: { email: this.email, password: PASSWORD },
      headers: { origin: this.base },
    });
    assert.equal(signedIn.status(), 200, await signedIn.text());
    return page;
  }

  /** Asks the API with the account's key. */
  async call(method, path, body) {
    const headers = {
      "content-type": "application/json",
      "x-forwarded-for": this.address,
      ...(this.key && { authorization: `Bearer ${this.key}` }),
    };
    const answer = await fetch(`${this.base}${path}`, { method, headers, ...(body && { body: JSON.stringify(body) }) });
    const text = await answer.text();
    assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${text}`);
    return JSON.parse(text);
  }

  /** The path and token of the link to a page in the mail that came. */
  async mailed(path) {
    const folder = join(this.anyhook.folder, "mail");
    const link = new RegExp(`${path}#[\\w-]+`);
    let found;
    await this.wait(`a mail with a link to ${path}`, () => {
      const mails = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(".eml")) : [];
      // Without the marks that quoted-printable makes of long lines.
      const texts = mails.map((name) => readFileSync(join(folder, name), "utf8").replace(/=\r?\n/g, ""));
      const mine = texts.filter((it) => it.includes(`To: ${this.email}`));
      found = mine.map((it) => link.exec(it)?.[0]).find(Boolean);
      return found !== undefined;
    });
    return found;
  }

  /** Follows the link of the mail that came after signing up. */
  async verifyEmail() {
    const token = (await this.mailed("/verify-email")).split("#")[1];
    await this.call("POST", "/api/v1/verify-email", { token });
  }

  app(name, { path, source = "generic", ...more } = {}) {
    const destinations = path ? [{ url: this.handler.url(path) }] : [];
    return this.call("POST", "/api/v1/apps", { name, source, destinations, ...more });
  }

  /** Posts as a provider does; gives the event's id. */
  async post(app, body, headers = {}) {
    const sent = typeof body === "string" || body instanceof Uint8Array ? body : JSON.stringify(body);
    const request = { method: "POST", body: sent, headers: { "content-type": "application/json", ...headers } };
    let answer = await fetch(app.inboundUrl, request);
    // As a provider would: what could not be stored just now is sent again.
    for (let tries = 0; answer.status === 503 && tries < 10; tries += 1) {
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      answer = await fetch(app.inboundUrl, request);
    }
    assert.equal(answer.status, 200, await answer.clone().text());
    return (await answer.json()).id;
  }

  /** Waits until the event has this status. */
  async until(id, status) {
    await this.wait(`event ${status}`, async () => {
      const event = await this.call("GET", `/api/v1/events/${id}`);
      return event.status === status;
    });
  }

  async wait(what, isSo) {
    const end = Date.now() + PATIENCE_MS;
    while (!(await isSo())) {
      if (Date.now() > end) throw new Error(`waited in vain for: ${what}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  go(path) {
    return this.page.goto(this.base + path);
  }

  /** axe finds nothing, by the rules of WCAG 2.2 AA and the best practice beside them. */
  async assertAccessible(where) {
    // A page is loaded when it is needed, and until then there is nothing to look at.
    await this.page.locator("main :is(h1, h2)").first().waitFor({ state: "attached" });
    // In a context of its own, which the page's policy does not bind.
    const session = await this.page.context().newCDPSession(this.page);
    const { frameTree } = await session.send("Page.getFrameTree");
    const { executionContextId } = await session.send("Page.createIsolatedWorld", { frameId: frameTree.frame.id });
    // A tip is read with what it belongs to, wherever it stands.
    const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
    const expression = `${readFileSync(axe, "utf8")}; axe.run({ exclude: [["[data-radix-popper-content-wrapper]"]] }, ${JSON.stringify({ runOnly: tags })}).then((it) => JSON.stringify(it.violations))`;
    const { result } = await session.send("Runtime.evaluate", {
      expression,
      contextId: executionContextId,
      awaitPromise: true,
      returnByValue: true,
    });
    await session.detach();
    const found = JSON.parse(result.value).flatMap((it) =>
      it.nodes.map((node) => `${it.id}: ${it.help}\n    ${node.html.slice(0, 200)}\n    ${node.failureSummary}`),
    );
    assert.deepEqual(found, [], `axe on ${where ?? this.page.url()}:\n${found.slice(0, 12).join("\n")}`);
  }

  /** Nothing is wider than the window. */
  async assertFits() {
    const [wide, inner] = await this.page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
    assert.ok(wide <= inner, `${this.page.url()} is ${wide} px wide in a window of ${inner} px`);
  }

  assertUnharmed() {
    assert.deepEqual(this.harm, []);
  }

  async shoot(path) {
    await this.page?.screenshot({ path }).catch(() => {});
  }

  /** Where the traveller is, and what the page says there: a log is often all that is left of a failure. */
  async seen() {
    if (!this.page) return "no page was opened";
    const outline = await this.page
      .locator("body")
      .ariaSnapshot({ timeout: 2_000 })
      .catch((error) => error.message);
    return [`at ${this.page.url()}`, ...outline.split("\n").slice(0, MOST_LINES)].join("\n      ");
  }

  async leave() {
    for (const context of this.contexts) await context.close();
  }
}
