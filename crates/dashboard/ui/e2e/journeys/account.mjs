// Accounts: what comes by mail, and what began without one.
import assert from "node:assert/strict";

export default {
  async "a forgotten password is set anew, and ends other sessions"(traveller) {
    await traveller.arrive();
    const former = traveller.page;
    const page = await traveller.window();
    await traveller.go("/login");
    await page.getByRole("link", { name: "Forgot password?" }).click();
    await page.getByRole("heading", { name: "Reset your password" }).waitFor();
    await page.getByLabel("Email").fill(traveller.email);
    await page.getByRole("button", { name: "Send the link" }).click();
    await page.getByRole("heading", { name: "Look into your mail" }).waitFor();
    await traveller.go(await traveller.mailed("/reset-password"));
    await page.getByRole("heading", { name: "Set a new password" }).waitFor();
    await page.getByLabel("Password").fill("another good password");
    await page.getByRole("button", { name: "Set password" }).click();
    await page.getByRole("heading", { name: "The password is set" }).waitFor();
    await traveller.assertAccessible("the password is set");
    await page.getByRole("link", { name: "Sign in" }).click();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    await page.getByLabel("Email").fill(traveller.email);
    await page.getByLabel("Password").fill("another good password");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.waitForURL((url) => url.pathname === "/");
    await former.goto(`${traveller.base}/apps`);
    await former.waitForURL("**/login?*");
  },

  async "an address is confirmed by the mail's link, once"(traveller) {
    const page = await traveller.arrive();
    const link = await traveller.mailed("/verify-email");
    await traveller.go(link);
    await page.getByRole("heading", { name: "Your address is confirmed" }).waitFor();
    await traveller.assertAccessible("the address is confirmed");
    const again = await traveller.window();
    await traveller.go(link);
    await again.getByRole("heading", { name: "This link does not work" }).waitFor();
  },

  async "what began without an account is kept"(traveller) {
    const begun = await traveller.call("POST", "/api/v1/quickstart", {});
    const answer = await fetch(begun.inbound_url, { method: "POST", body: '{"type":"first.one"}' });
    assert.equal(answer.status, 200);
    const page = await traveller.window();
    const { pathname, hash } = new URL(begun.claim_url);
    await traveller.go(pathname + hash);
    await page.getByRole("heading", { name: "Keep this workspace" }).waitFor();
    await page.getByLabel("Email").fill(traveller.email);
    await page.getByLabel("Password").fill(traveller.password);
    await page.getByRole("button", { name: "Create account" }).click();
    await page.waitForURL((url) => url.pathname === "/");
    await page.getByRole("link", { name: "first.one" }).waitFor();
    await traveller.assertAccessible("the workspace that was kept");
  },
};
