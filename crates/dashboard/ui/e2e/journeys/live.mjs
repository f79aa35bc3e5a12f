// The log is live, says so, and loses nothing when the connection or the session does not last.
import assert from "node:assert/strict";

/** The connection's state, as it can be seen. */
const is = (page, state) => page.locator(`[data-live="${state}"]:visible`).waitFor();

export default {
  async "events appear as they arrive, and after a pause those that were missed"(traveller) {
    const page = await traveller.arrive();
    const app = await traveller.app("Live", { path: "/live" });
    await traveller.go("/events");
    await page.getByText("No events yet").waitFor();
    await is(page, "live");
    await traveller.post(app, { type: "first" });
    await page.getByRole("row").filter({ hasText: "first" }).filter({ hasText: "Delivered" }).waitFor();

    await page.locator("[data-live]:visible").click();
    await is(page, "paused");
    await traveller.post(app, { type: "second" });
    await traveller.wait("it to be delivered", () => traveller.handler.received("/live").length === 2);
    assert.equal(await page.getByRole("row").filter({ hasText: "second" }).count(), 0);
    await page.locator("[data-live]:visible").click();
    await page.getByRole("row").filter({ hasText: "second" }).waitFor();
  },

  async "a stream that is cut is opened again, and goes on where it was"(traveller) {
    const page = await traveller.arrive();
    const app = await traveller.app("Cut");
    await traveller.go("/events");
    await is(page, "live");
    await page.context().setOffline(true);
    await page.evaluate(() => dispatchEvent(new Event("offline")));
    await page.route("**/api/v1/events/stream", (route) => route.abort());
    await page.locator("[data-live]:visible").click();
    await page.locator("[data-live]:visible").click();
    await is(page, "reconnecting");
    await traveller.post(app, { type: "meanwhile" });
    await page.unroute("**/api/v1/events/stream");
    await page.context().setOffline(false);
    await is(page, "live");
    await page.getByRole("row").filter({ hasText: "meanwhile" }).waitFor();
  },

  async "a session that ends in mid-edit loses nothing"(traveller) {
    const page = await traveller.arrive();
    await traveller.go("/welcome");
    await page.getByLabel("Search sources").fill("generic");
    await page.getByRole("radio", { name: /Any sender/ }).check();
    await page.getByLabel("Name", { exact: true }).fill("Typed before");
    await page.context().clearCookies();
    await page.getByRole("button", { name: "Create app" }).click();
    const dialog = page.getByRole("dialog", { name: "Your session has ended" });
    await dialog.waitFor();
    assert.equal(await dialog.getByLabel("Email").inputValue(), traveller.email);
    await dialog.getByLabel("Password").fill(traveller.password);
    await dialog.getByRole("button", { name: "Sign in" }).click();
    // The call that found the session ended goes on by itself.
    await page.waitForURL(/app=typed-before/);
  },

  async "an API that fails says why, and can be asked again"(traveller) {
    const page = await traveller.arrive();
    let isBroken = true;
    await page.route("**/api/v1/events?*", (route) => {
      if (!isBroken) return route.continue();
      return route.fulfill({ status: 400, json: { error: "The log is being looked after.", code: "away" } });
    });
    await traveller.go("/events");
    await page.getByText("The log is being looked after.").waitFor();
    await traveller.assertAccessible("a failure");
    isBroken = false;
    await page.getByRole("button", { name: "Try again" }).click();
    await page.getByText("No events yet").waitFor();
  },
};
