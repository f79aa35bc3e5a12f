// The log when it is long: what has the keyboard is seen, what is far back is found.
import assert from "node:assert/strict";

const event = (at) => ({
  id: `evt_${String(at).padStart(26, "0")}`,
  receivedAt: new Date(Date.now() - 60_000 - at * 1_000).toISOString(),
  source: "generic",
  status: "success",
  deliveryAttempts: 1,
  attempt: 1,
  maxAttempts: 11,
  appSlug: "long",
  eventType: `thing.${at}`,
  outboundStatus: 200,
  outboundUrl: "https://handler.example/long",
  latencyMs: 20,
});

const isList = /\/api\/v1\/events\?/;

/** Whether the row with the focus is between the titles of the columns and the lower edge. */
const isSeen = (page) =>
  page.evaluate(() => {
    const row = document.activeElement?.closest("[data-index]")?.getBoundingClientRect();
    const box = document.querySelector("[data-scroller]").getBoundingClientRect();
    const head = document.querySelector("[data-scroller] [role=columnheader]").parentElement.getBoundingClientRect();
    return row !== undefined && row.top >= head.bottom - 1 && row.bottom <= box.bottom + 1;
  });

export default {
  async "the row with the keyboard is always seen"(traveller) {
    const page = await traveller.arrive();
    const events = Array.from({ length: 5_000 }, (_, at) => event(at));
    await page.route(isList, (route) => route.fulfill({ json: { events } }));
    await traveller.go("/events");
    await page.getByText("5,000 events").waitFor();
    for (let n = 0; n < 60; n += 1) {
      await page.keyboard.press("j");
      assert.ok(await isSeen(page), `after ${n + 1} times j`);
    }
    for (let n = 0; n < 45; n += 1) {
      await page.keyboard.press("k");
      assert.ok(await isSeen(page), `after ${n + 1} times k`);
    }
    assert.equal(await page.evaluate(() => document.activeElement.textContent), "thing.14");
    await page.locator("[data-scroller]").evaluate((box) => box.scrollTo({ top: 2_000 * 37 }));
    await page.getByText("thing.2000", { exact: true }).waitFor();
    await page.keyboard.press("j");
    assert.ok(await isSeen(page), "after scrolling away");
    assert.ok((await page.locator("[data-row]").count()) < 100);
    await page.locator("[data-scroller]").evaluate((box) => box.scrollTo({ top: box.scrollHeight }));
    await page.getByText("thing.4999", { exact: true }).waitFor();
  },

  async "what is far back is looked for, and the reader is asked before it takes long"(traveller) {
    const page = await traveller.arrive();
    let asked = 0;
    await page.route(isList, (route) => {
      asked += 1;
      const isThere = asked === 30;
      return route.fulfill({ json: { events: isThere ? [event(1)] : [], nextCursor: isThere ? null : `c${asked}` } });
    });
    await traveller.go("/events?event_type=thing.1");
    const further = page.getByRole("button", { name: "Look further back" });
    await further.waitFor();
    assert.equal(asked, 20);
    await traveller.assertAccessible("nothing so far");
    await further.click();
    await page.getByRole("link", { name: "thing.1", exact: true }).waitFor();
    assert.equal(asked, 30);
  },

  async "events are found by a field that the app indexes"(traveller) {
    const page = await traveller.arrive();
    const app = await traveller.app("Shop", { slug: "shop", indexed_fields: ["/customer"] });
    await traveller.post(app, { type: "order.one", customer: "cus_1" });
    await traveller.post(app, { type: "order.two", customer: "cus_2" });
    await traveller.go("/events");
    await page.getByText("order.two").waitFor();
    await page.getByRole("button", { name: "Filter", exact: true }).click();
    assert.equal(await page.getByRole("menuitem", { name: "Field" }).count(), 0);
    await page.keyboard.press("Escape");
    await traveller.go("/events?app_slug=shop");
    await page.getByText("order.two").waitFor();
    await page.getByRole("button", { name: "Filter", exact: true }).click();
    await page.getByRole("menuitem", { name: "Field" }).click();
    await page.getByLabel("Value").fill("cus_1");
    await traveller.assertAccessible("the filter for a field");
    await page.getByRole("button", { name: "Apply" }).click();
    await page.getByText("1 event", { exact: true }).waitFor();
    await page.getByText("order.one").waitFor();
    await page.getByRole("link", { name: "order.one" }).click();
    // Back to what was filtered.
    await page.getByRole("main").getByRole("link", { name: "Events", exact: true }).click();
    await page.waitForURL(/field=/);
    await page.getByText("1 event", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Remove filter: App" }).click();
    await page.getByText("2 events", { exact: true }).waitFor();
  },
};
