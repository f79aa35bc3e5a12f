// Every page about the workspace: in both themes, on a desk and on a phone, full and failing.
import assert from "node:assert/strict";

const PAGES = ["/apps", "/rejected", "/usage", "/team", "/api-keys", "/audit", "/anchors", "/settings"];

/** Nothing is loading any more. */
const settled = (page) => page.waitForFunction(() => !document.querySelector("main .skeleton"));

async function seeded(traveller) {
  const app = await traveller.app("Seen", { slug: "seen", source: "github", secret: "right", path: "/seen" });
  await fetch(app.inboundUrl, { method: "POST", body: "{}" });
  await traveller.call("POST", "/api/v1/team/invitations", { email: "somebody@example.com", role: "viewer" });
  return ["/apps/seen", `/apps/seen/destinations/${app.destinations[0].id}`];
}

async function look(traveller, options) {
  const page = await traveller.arrive(options);
  for (const path of [...PAGES, ...(await seeded(traveller))]) {
    await traveller.go(path);
    await page.locator("h1").waitFor();
    await settled(page);
    await traveller.assertAccessible(path);
    await traveller.assertFits();
  }
}

export default {
  "accessible on a desk, light": (traveller) => look(traveller, { theme: "light" }),
  "accessible on a desk, dark": (traveller) => look(traveller, { theme: "dark" }),
  "accessible on a phone, light": (traveller) => look(traveller, { isPhone: true, theme: "light" }),
  "accessible on a phone, dark": (traveller) => look(traveller, { isPhone: true, theme: "dark" }),

  async "each says why it cannot be loaded, and tries again"(traveller) {
    const page = await traveller.arrive();
    const pages = [
      "/apps",
      "/rejected",
      "/usage",
      "/team",
      "/api-keys",
      "/audit",
      "/anchors",
      ...(await seeded(traveller)),
    ];
    let isAway = true;
    await page.route(/\/api\/v1\/(?!account$|tenants$|events\/stream)/, (route) =>
      isAway
        ? route.fulfill({ status: 500, json: { error: "The log is away for a moment.", code: "internal" } })
        : route.continue(),
    );
    for (const path of pages) {
      isAway = true;
      await traveller.go(path);
      await page.getByText("The log is away for a moment.").first().waitFor();
      await page.locator("h1").waitFor();
      await traveller.assertAccessible(`${path}, failing`);
      isAway = false;
      await page.getByRole("button", { name: "Try again" }).first().click();
      await settled(page);
      await traveller.wait("the page to be there", async () => (await page.getByText("The log is away").count()) === 0);
    }
  },

  async "everything is reached by keyboard"(traveller) {
    const page = await traveller.arrive();
    await traveller.app("Keys", { slug: "keys", path: "/keys" });
    await traveller.go("/apps");
    await page.getByRole("button", { name: "Create app" }).focus();
    await page.keyboard.press("Enter");
    await page.getByRole("dialog").waitFor();
    await page.getByRole("dialog").getByLabel("Search sources").focus();
    await page.keyboard.type("stripe");
    await page.keyboard.press("Enter");
    assert.ok(await page.getByRole("radio", { name: /Stripe/ }).isChecked());
    await page.keyboard.press("Escape");
    assert.equal(await page.getByRole("dialog").count(), 0);
    await page.getByRole("link", { name: "Keys", exact: true }).focus();
    await page.keyboard.press("Enter");
    await page.waitForURL("**/apps/keys");
  },
};
