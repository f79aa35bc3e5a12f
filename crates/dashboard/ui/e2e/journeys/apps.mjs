// Apps and destinations: made, renamed, tested, rotated, deleted.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHmac } from "node:crypto";

const signature = (secret, body) => `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`;

/** Posts as GitHub does. */
const push = (url, secret, body = '{"zen":"Keep it simple"}') =>
  fetch(url, {
    method: "POST",
    body,
    headers: {
      "content-type": "application/json",
      "x-github-event": "push",
      "x-github-delivery": crypto.randomUUID(),
      "x-hub-signature-256": signature(secret, body),
    },
  });

export default {
  async "an app is made with its source, secret and destination"(traveller) {
    const page = await traveller.arrive();
    await traveller.go("/apps");
    await page.getByText("No app yet").waitFor();
    await traveller.assertAccessible();
    await page.getByRole("button", { name: "Create app" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Name").fill("Source code");
    await dialog.getByLabel("Search sources").fill("githu");
    await dialog.getByLabel("Search sources").press("Enter");
    assert.ok(await dialog.getByRole("radio", { name: /GitHub/ }).isChecked());
    await dialog.getByLabel("Secret").fill("a secret of ours");
    await dialog.getByLabel("Destination URL").fill(traveller.handler.url("/made"));
    await traveller.assertAccessible("the form for an app");
    await dialog.getByRole("button", { name: "Create app" }).click();
    await dialog.getByText("whsec_").waitFor();
    await dialog.getByRole("link", { name: "Open app" }).click();
    await page.waitForURL("**/apps/source-code");
    await page.getByText("Requests are verified").waitFor();
    const { inboundUrl } = await traveller.call("GET", "/api/v1/apps/source-code");
    assert.equal((await push(inboundUrl, "a secret of ours")).status, 200);
    await traveller.wait("the handler to be called", () => traveller.handler.received("/made").length === 1);
  },

  async "what was typed stays when making an app fails"(traveller) {
    const page = await traveller.arrive();
    await traveller.app("Taken", { slug: "taken" });
    await traveller.go("/apps");
    await page.getByRole("button", { name: "Create app" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Name").fill("Another");
    await dialog.getByLabel("Slug").fill("taken");
    await dialog.getByRole("button", { name: "Create app" }).click();
    await dialog.locator("[aria-invalid=true]").waitFor();
    await dialog.getByRole("button", { name: "Cancel" }).click();
    await page.getByRole("button", { name: "Create app" }).click();
    assert.equal(await dialog.getByLabel("Name").inputValue(), "Another");
    assert.equal(await dialog.getByLabel("Slug").inputValue(), "taken");
  },

  async "a field that is out of sight is shown when it is to blame"(traveller) {
    const page = await traveller.arrive({ isPhone: true });
    await traveller.app("Taken", { slug: "taken" });
    await traveller.go("/apps");
    await page.getByRole("button", { name: "Create app" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Name").fill("x");
    await dialog.getByLabel("Destination URL").fill("http://10.0.0.1/hook");
    await dialog.getByRole("button", { name: "Create app" }).click();
    const url = dialog.getByLabel("Destination URL");
    await traveller.wait("the field to have the focus", () => url.evaluate((it) => it === document.activeElement));
    assert.equal(await url.getAttribute("aria-invalid"), "true");
  },

  async "a renamed app keeps its former URL"(traveller) {
    const page = await traveller.arrive();
    const app = await traveller.app("Orders", { slug: "orders", path: "/renamed" });
    await traveller.go("/apps/orders");
    await page.getByRole("textbox", { name: "Slug" }).fill("shop-orders");
    await page.getByText(`${app.inboundUrl} goes on working`, { exact: false }).waitFor();
    await page.getByRole("button", { name: "Save changes" }).click();
    await page.waitForURL("**/apps/shop-orders");
    await page.getByText("1 former URL goes on working").click();
    await page.getByText(app.inboundUrl, { exact: true }).waitFor();
    await traveller.post(app, { by: "the former URL" });
    await traveller.wait("the handler to be called", () => traveller.handler.received("/renamed").length === 1);
    await traveller.go("/apps/orders");
    await page.waitForURL("**/apps/shop-orders");
  },

  async "a workspace is renamed, and its URLs follow"(traveller) {
    const page = await traveller.arrive();
    await traveller.app("Here", { slug: "here" });
    const slug = `moved-${traveller.tenant.slug}`;
    await traveller.go("/settings");
    await page.getByRole("textbox", { name: "Slug" }).fill(slug);
    await page.getByText(`…/${slug}/…`, { exact: false }).waitFor();
    await page.getByRole("button", { name: "Save changes" }).click();
    await page.getByText("Former slugs that go on working").waitFor();
    await traveller.go("/apps/here");
    await page.getByText(`/${slug}/here`, { exact: false }).first().waitFor();
  },

  async "a paused app holds back, and delivers when it is resumed"(traveller) {
    const page = await traveller.arrive();
    const app = await traveller.app("Held", { slug: "held", path: "/held" });
    await traveller.go("/apps/held");
    await page.getByRole("button", { name: "Pause" }).click();
    await page.getByText("This app is paused").waitFor();
    const id = await traveller.post(app, { wait: true });
    await traveller.until(id, "held");
    await page.getByRole("button", { name: "Resume" }).click();
    await traveller.until(id, "success");
    assert.equal(traveller.handler.received("/held").length, 1);
  },

  async "a secret is rotated, shown once, and both sign"(traveller) {
    const page = await traveller.arrive();
    const app = await traveller.app("Rotated", { slug: "rotated", path: "/rotated" });
    const [{ id, signing_secret: former }] = app.destinations;
    await traveller.go(`/apps/rotated/destinations/${id}`);
    await page.getByRole("button", { name: "Rotate secret" }).click();
    const dialog = page.getByRole("dialog");
    await traveller.assertAccessible("the window for rotating");
    await dialog.getByRole("button", { name: "Rotate secret" }).click();
    const secret = await dialog.getByText(/^whsec_/).textContent();
    assert.notEqual(secret, former);
    await dialog.getByRole("button", { name: "I have stored it" }).click();
    assert.equal(await page.getByText(secret).count(), 0);
    await page.getByText(`ends with`, { exact: false }).getByText(secret.slice(-4)).waitFor();
    await traveller.post(app, { signed: "twice" });
    await traveller.wait("the handler to be called", () => traveller.handler.received("/rotated").length === 1);
    const [{ headers, body }] = traveller.handler.received("/rotated");
    const given = headers["anyhook-signature"];
    const [, time] = /^t=(\d+)/.exec(given);
    for (const key of [secret, former]) {
      const expected = createHmac("sha256", key).update(`${time}.${body}`).digest("hex");
      assert.ok(given.includes(`v1=${expected}`), given);
    }
  },

  async "a policy is drawn while it is typed, and stored"(traveller) {
    const page = await traveller.arrive();
    const app = await traveller.app("Policy", { slug: "policy", path: "/policy" });
    await traveller.go(`/apps/policy/destinations/${app.destinations[0].id}`);
    const attempts = page.getByRole("list", { name: "When attempts are made" }).getByRole("listitem");
    await page.getByLabel("Attempts in all").fill("4");
    await traveller.wait("four attempts", async () => (await attempts.count()) === 4);
    await page.getByRole("radio", { name: "Listed" }).check({ force: true });
    await page.getByLabel("Waits").fill("10s, soon");
    await page
      .getByText(/Write times such as/)
      .first()
      .waitFor();
    await page.getByLabel("Waits").fill("10s, 2m, 1h");
    await page.getByText("4 attempts, the last one 1 h 2 min after the event.").waitFor();
    await page.getByRole("button", { name: "Save changes" }).click();
    await page.getByText("Saved.").first().waitFor();
    const { destinations } = await traveller.call("GET", "/api/v1/apps/policy");
    assert.equal(destinations[0].max_attempts, 4);
    assert.deepEqual(destinations[0].retry_policy, { delays_seconds: [10, 120, 3600] });
    assert.deepEqual(destinations[0].retry_delays_seconds, [10, 120, 3600]);
  },

  async "a filter is written with an example, and the server's complaint stands under it"(traveller) {
    const page = await traveller.arrive();
    const app = await traveller.app("Filtered", { slug: "filtered", path: "/filtered" });
    await traveller.go(`/apps/filtered/destinations/${app.destinations[0].id}`);
    const editor = page.getByRole("textbox", { name: "Filter" });
    await page.getByRole("button", { name: "Put in an example" }).click();
    await page.getByText('"amount"').waitFor();
    await editor.click();
    await page.keyboard.press("Control+a");
    await page.keyboard.insertText('{"body": {"amount": {"$above": 5}}}');
    await page.getByRole("button", { name: "Save changes" }).click();
    await page.getByText(/\$above is no operator/).waitFor();
    await traveller.assertAccessible("a filter with an error");
    await editor.click();
    await page.keyboard.press("Control+a");
    await page.keyboard.insertText('{"body": {"amount": {"$gte": 5}}}');
    await page.getByRole("button", { name: "Save changes" }).click();
    await page.getByText("Saved.").first().waitFor();
    await traveller.post(app, { amount: 1 });
    await traveller.post(app, { amount: 7 });
    await traveller.wait("the handler to be called", () => traveller.handler.received("/filtered").length === 1);
    assert.equal(traveller.handler.received("/filtered")[0].body, '{"amount":7}');
  },

  async "a destination that somebody else changed is not overwritten unseen"(traveller) {
    const page = await traveller.arrive();
    const app = await traveller.app("Both", { slug: "both", path: "/both" });
    const path = `/apps/both/destinations/${app.destinations[0].id}`;
    await traveller.go(path);
    const attempts = page.getByLabel("Attempts in all");
    await attempts.fill("5");
    await traveller.call("PATCH", `/api/v1${path}`, { max_attempts: 7 });
    await page.getByRole("button", { name: "Save changes" }).click();
    await page.getByText("Attempts in all is now 7").waitFor();
    assert.equal(await attempts.inputValue(), "5");
    await traveller.assertAccessible("what was changed meanwhile");
    await page.getByRole("button", { name: "Save changes" }).click();
    await page.getByText("Saved.").first().waitFor();
    const { destinations } = await traveller.call("GET", "/api/v1/apps/both");
    assert.equal(destinations[0].max_attempts, 5);
  },

  async "a test event comes in as its provider would send it, and one from elsewhere is awaited"(traveller) {
    const page = await traveller.arrive();
    const app = await traveller.app("Payments", {
      path: "/payments",
      source: "stripe",
      secret: "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
    });
    await traveller.go(`/apps/${app.slug}`);
    await page.getByRole("button", { name: "Send a test event" }).click();
    await page.getByText("Arrived").waitFor();
    await page.locator('[data-status="success"]').first().waitFor();
    assert.equal(traveller.handler.received("/payments").length, 1);
    await page.getByText("Send it from elsewhere").click();
    await page.getByRole("button", { name: "Make an example" }).click();
    await page.getByText("Waiting for it to arrive…").waitFor();
    await traveller.assertAccessible("the app with an example");
    execFileSync("sh", ["-c", await page.getByText(/^curl /).innerText()], { stdio: "ignore" });
    await page.getByText("Arrived").waitFor();
    await page.getByRole("link", { name: "Look at it" }).click();
    await page.waitForURL("**/events/evt_*");
  },

  async "a test event and a check of the connection tell what came back"(traveller) {
    const page = await traveller.arrive();
    traveller.handler.answer("/refusing", { status: 503, text: "not now" });
    const app = await traveller.app("Tested", { slug: "tested", path: "/tested" });
    await traveller.go(`/apps/tested/destinations/${app.destinations[0].id}`);
    await page.getByRole("button", { name: "Send test event" }).click();
    await page.getByText("It answered with 200").waitFor();
    await page.getByLabel("URL").fill(traveller.handler.url("/refusing"));
    await page.getByRole("button", { name: "Save changes" }).click();
    await page.getByText("Saved.").first().waitFor();
    await page.getByRole("button", { name: "Send test event" }).click();
    await page.getByText("The test event was not taken").waitFor();
    await traveller.assertAccessible("a failed test");
  },

  async "an app is deleted once its slug is typed"(traveller) {
    const page = await traveller.arrive();
    const app = await traveller.app("Doomed", { slug: "doomed" });
    await traveller.go("/apps/doomed");
    await page.getByRole("button", { name: "Delete app" }).click();
    const asked = page.getByRole("alertdialog");
    assert.equal(await asked.getByRole("button", { name: /Delete app/ }).getAttribute("aria-disabled"), "true");
    await asked.getByRole("textbox").fill("doomed");
    await asked.getByRole("button", { name: "Delete app" }).click();
    await page.waitForURL("**/apps");
    await page.getByText("No app yet").waitFor();
    assert.equal((await fetch(app.inboundUrl, { method: "POST" })).status, 404);
  },
};
