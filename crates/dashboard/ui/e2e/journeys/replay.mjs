// What went wrong is understood, put right, and sent again.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { freePort } from "../anyhook.mjs";

const typed = (type) => ({ type, id: `x_${Math.random()}`, data: { amount: 12 } });

export default {
  async "a failing handler is fixed, and the event replayed"(traveller) {
    const page = await traveller.arrive();
    traveller.handler.answer("/broken", { status: 422, text: '{"error":"no such order"}' });
    const app = await traveller.app("Orders", { path: "/broken" });
    const id = await traveller.post(app, typed("order.created"));
    await traveller.until(id, "retrying");

    await traveller.go("/events");
    await page.getByRole("row").filter({ hasText: "Retrying" }).getByRole("link").click();
    await page.waitForURL(`**/events/${id}`);
    await page.getByText("no such order").first().waitFor();
    await page.getByText("422").first().waitFor();
    await traveller.assertAccessible();

    traveller.handler.answer("/broken", { status: 200 });
    await page.getByRole("button", { name: "Replay" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Replay", exact: true }).click();
    // By the live stream, without loading the page again.
    await page.locator("h1").getByText("Delivered").waitFor();
    const calls = traveller.handler.received("/broken");
    assert.equal(calls.at(-1).headers["anyhook-trigger"], "replay");
    assert.equal(calls.at(-1).headers["anyhook-event-id"], id);
  },

  async "an attempt that was not answered says why, and is found from the overview"(traveller) {
    const page = await traveller.arrive();
    const nobody = `http://127.0.0.1:${await freePort()}/hook`;
    const app = await traveller.app("Away", { slug: "away", destinations: [{ url: nobody }] });
    const id = await traveller.post(app, typed("thing.lost"));
    await traveller.until(id, "retrying");
    await traveller.go("/");
    await page.getByText("1 destination is failing.").waitFor();
    await page.getByRole("link", { name: "Show events" }).click();
    await page.getByRole("link", { name: "thing.lost" }).click();
    await page.getByText("Could not connect").first().waitFor();
    await page.getByText("No answer came.").waitFor();
    await page.keyboard.press("?");
    await page.getByRole("dialog", { name: "Keyboard shortcuts" }).waitFor();
    await traveller.assertAccessible("the list of keys");
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "hidden" });
    await page.keyboard.press("c");
    await page.getByRole("dialog", { name: "Compare" }).waitFor();
  },

  async "an event is replayed to a URL, whose secret is shown once"(traveller) {
    const page = await traveller.arrive();
    const app = await traveller.app("Aside", { slug: "aside", path: "/aside" });
    const id = await traveller.post(app, typed("thing.made"));
    await traveller.until(id, "success");
    await traveller.go(`/events/${id}`);
    await page.getByRole("button", { name: "Replay" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Send to").selectOption({ label: "Another URL…" });
    await dialog.getByLabel("URL", { exact: true }).fill(traveller.handler.url("/elsewhere"));
    await dialog.getByRole("button", { name: "Replay", exact: true }).click();
    const secret = await dialog.getByText(/^whsec_/).innerText();
    await traveller.assertAccessible("the secret of a URL");
    await traveller.wait("the URL to be called", () => traveller.handler.received("/elsewhere").length === 1);
    const [{ headers, body }] = traveller.handler.received("/elsewhere");
    const [, time] = /^t=(\d+)/.exec(headers["anyhook-signature"]);
    const expected = createHmac("sha256", secret).update(`${time}.${body}`).digest("hex");
    assert.ok(headers["anyhook-signature"].includes(`v1=${expected}`));
    await dialog.getByRole("button", { name: "I have stored it" }).click();
    await page.getByText("To a URL that a replay named").waitFor();
    // It is no destination: there is no page about it.
    assert.equal(await page.getByRole("link", { name: /elsewhere/ }).count(), 0);
    assert.equal(await page.getByRole("link", { name: /aside$/ }).count(), 2);
  },

  async "all that match are replayed, after they were counted"(traveller) {
    const page = await traveller.arrive();
    const app = await traveller.app("Many", { path: "/many" });
    for (let n = 0; n < 25; n += 1) await traveller.post(app, typed("thing.made"));
    await traveller.wait("all delivered", () => traveller.handler.received("/many").length === 25);
    await traveller.go("/events?app_slug=many&status=success");
    await page.getByText("25 events").waitFor();
    await page.getByRole("button", { name: "More", exact: true }).click();
    await page.getByRole("menuitem", { name: /Replay all that match/ }).click();
    await page.locator('[data-count="25"]').waitFor();
    await traveller.assertAccessible("the dialog that replays many");
    await page.getByRole("dialog").getByRole("button", { name: "Replay", exact: true }).click();
    await page.getByText("25 events are on the way again.").waitFor();
    await traveller.wait("all delivered again", () => traveller.handler.received("/many").length === 50);
  },

  async "those that are selected are replayed by keyboard alone"(traveller) {
    const page = await traveller.arrive();
    const app = await traveller.app("Keys", { path: "/keys" });
    for (let n = 0; n < 4; n += 1) await traveller.post(app, typed(`thing.${n}`));
    await traveller.wait("all delivered", () => traveller.handler.received("/keys").length === 4);
    await traveller.go("/events");
    await page.getByText("thing.0").waitFor();
    for (const key of ["j", "x", "j", "x", "r"]) await page.keyboard.press(key);
    await page.getByRole("dialog", { name: "Replay 2 events" }).waitFor();
    await page.keyboard.press("Enter");
    await traveller.wait("both delivered again", () => traveller.handler.received("/keys").length === 6);
    const again = traveller.handler
      .received("/keys")
      .slice(4)
      .map((it) => JSON.parse(it.body).type);
    assert.deepEqual(again.sort(), ["thing.2", "thing.3"]);
    // A window has the keys to itself.
    await page.getByRole("dialog").waitFor({ state: "hidden" });
    await page.keyboard.press("/");
    await page.keyboard.type("type:thing.1");
    await page.keyboard.press("Enter");
    await page.waitForURL("**/events?event_type=thing.1");
    await page.getByText("1 event", { exact: true }).waitFor();
    await page.keyboard.press("Escape");
    await page.locator("h1").click();
    for (const key of ["j", "Enter"]) await page.keyboard.press(key);
    await page.locator("h1").getByText("thing.1").waitFor();
  },
};
