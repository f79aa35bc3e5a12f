// Every page in both themes, on a desk and on a phone: axe finds nothing, nothing is wider than the window.

const OUT = [
  "/login",
  "/signup",
  "/forgot-password",
  "/reset-password#token",
  "/invite#token",
  "/claim#token",
  "/nowhere",
];
const IN = [
  "/",
  "/welcome",
  "/events",
  "/events?status=failed",
  "/rejected",
  "/apps",
  "/usage",
  "/team",
  "/api-keys",
  "/audit",
  "/anchors",
  "/settings",
];

async function look(traveller, paths, where) {
  for (const path of paths) {
    await traveller.go(path);
    await traveller.page.locator("h1, h2").first().waitFor();
    await traveller.page.waitForLoadState("load");
    await traveller.page.waitForFunction(() => !document.querySelector(".skeleton"));
    await traveller.assertFits();
    await traveller.assertAccessible(`${path} (${where})`);
  }
}

async function full(traveller, options) {
  await traveller.arrive(options);
  traveller.handler.answer("/looks-bad", { status: 500, text: "no" });
  const good = await traveller.app("Good one", { path: "/looks-good" });
  const bad = await traveller.app("Bad one", { path: "/looks-bad" });
  for (let n = 0; n < 6; n += 1) await traveller.post(good, { type: `thing.${n}` });
  const failing = await traveller.post(bad, { type: "other" });
  await traveller.until(failing, "retrying");
  const destination = bad.destinations[0].id;
  return [`/events/${failing}`, "/welcome?app=good-one", "/apps/bad-one", `/apps/bad-one/destinations/${destination}`];
}

export default {
  async "signed out, light"(traveller) {
    await traveller.window();
    await look(traveller, OUT, "light");
  },
  async "signed out, dark, on a phone"(traveller) {
    await traveller.window({ isPhone: true, theme: "dark" });
    await look(traveller, OUT, "dark, phone");
  },
  async "empty, light"(traveller) {
    await traveller.arrive();
    await look(traveller, IN, "empty");
  },
  async "full, dark"(traveller) {
    const more = await full(traveller, { theme: "dark" });
    await look(traveller, [...IN, ...more], "full, dark");
  },
  async "full, light, on a phone"(traveller) {
    const more = await full(traveller, { isPhone: true });
    await look(traveller, [...IN, ...more], "full, phone");
    const { page } = traveller;
    await page.getByRole("button", { name: "Menu" }).first().click();
    await page.getByRole("dialog", { name: "Menu" }).waitFor();
    await traveller.assertAccessible("the menu on a phone");
    await page.getByRole("dialog", { name: "Menu" }).getByRole("link", { name: "Events" }).click();
    await page.waitForURL("**/events");
  },
  async "the theme can be chosen, and stays"(traveller) {
    const page = await traveller.arrive();
    await traveller.go("/");
    const theme = () => page.evaluate(() => document.documentElement.dataset.theme);
    await page.getByRole("button", { name: /^Account/ }).click();
    await page.getByRole("menuitem", { name: "Dark" }).click();
    await traveller.wait("dark", async () => (await theme()) === "dark");
    await page.reload();
    await traveller.wait("dark still", async () => (await theme()) === "dark");
    await page.locator("h1").waitFor();
    await page.keyboard.press("Control+k");
    await page.getByRole("combobox").fill("settings");
    await traveller.assertAccessible("the command palette");
    await page.keyboard.press("Enter");
    await page.waitForURL("**/settings");
  },
};
