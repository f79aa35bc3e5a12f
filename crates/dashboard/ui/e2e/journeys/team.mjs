// People of one workspace, and what their roles let them do.
import assert from "node:assert/strict";
import { Traveller } from "../traveller.mjs";

/** Somebody else, who joins with an invitation's link. */
async function join(traveller, link) {
  const other = new Traveller(traveller);
  const page = await other.window();
  await page.goto(link.replace(/^https?:\/\/[^/]+/, traveller.base));
  await page.getByLabel("Password").fill(traveller.password);
  await page.getByRole("button", { name: "Join" }).click();
  await page.waitForURL((url) => !url.pathname.startsWith("/invite"));
  return other;
}

async function invite(traveller, email, role) {
  const { page } = traveller;
  await page.getByRole("button", { name: "Invite", exact: true }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Email").fill(email);
  await dialog.getByLabel("Role").selectOption(role);
  await dialog.getByRole("button", { name: "Invite", exact: true }).click();
  const link = await dialog.getByText(/\/invite#/).textContent();
  await dialog.getByRole("button", { name: "I have stored it" }).click();
  return link;
}

export default {
  async "somebody is invited, looks on, and is made a member"(traveller) {
    const page = await traveller.arrive();
    await traveller.app("Shared", { slug: "shared", path: "/shared" });
    await traveller.go("/team");
    await page.getByLabel(`Role of ${traveller.email}`).waitFor();
    await traveller.assertAccessible();
    const email = `viewer-${traveller.email}`;
    const link = await invite(traveller, email, "viewer");
    await page.getByRole("button", { name: `Withdraw: ${email}` }).waitFor();

    const other = await join(traveller, link);
    try {
      await other.go("/apps");
      const create = other.page.getByRole("button", { name: /Create app/ });
      await create.waitFor();
      assert.equal(await create.getAttribute("aria-disabled"), "true");
      await create.click({ force: true });
      assert.equal(await other.page.getByRole("dialog").count(), 0);
      await other.go("/apps/shared");
      const pause = other.page.getByRole("button", { name: /Pause/ });
      await pause.waitFor();
      assert.equal(await pause.getAttribute("aria-disabled"), "true");
      assert.ok((await other.page.getByRole("textbox", { name: "Name" }).getAttribute("readonly")) !== null);
      await other.go("/api-keys");
      await other.page.getByText("API keys are for owners and admins").waitFor();
      await other.go("/audit");
      await other.page.getByText("The audit log is for owners and admins").waitFor();
      await other.assertAccessible("the audit log of a viewer");

      await traveller.go("/team");
      await page.getByLabel(`Role of ${email}`).selectOption("member");
      await page.getByText(`${email} is member now.`).waitFor();
      await other.go("/apps");
      await create.waitFor();
      await traveller.wait("the button to work", async () => (await create.getAttribute("aria-disabled")) === null);
      other.assertUnharmed();
    } finally {
      await other.leave();
    }
  },

  async "the last owner stays, and a member leaves"(traveller) {
    const page = await traveller.arrive();
    await traveller.go("/team");
    assert.ok(await page.getByLabel(`Role of ${traveller.email}`).isDisabled());
    assert.equal(await page.getByRole("button", { name: "Leave" }).getAttribute("aria-disabled"), "true");
    const email = `leaving-${traveller.email}`;
    const other = await join(traveller, await invite(traveller, email, "member"));
    try {
      await other.go("/team");
      await other.page.getByRole("button", { name: "Leave" }).click();
      await other.page.getByRole("alertdialog").getByRole("button", { name: "Leave" }).click();
      await other.page.waitForURL("**/login");
    } finally {
      await other.leave();
    }
    await traveller.go("/team");
    await page.getByText(traveller.email).first().waitFor();
    await traveller.wait("the member to be gone", async () => (await page.getByText(email).count()) === 0);
  },

  async "a key is made, shown once, used, and revoked"(traveller) {
    const page = await traveller.arrive();
    await traveller.app("Limited", { slug: "limited" });
    await traveller.app("Other", { slug: "other" });
    await traveller.go("/api-keys");
    await page.getByRole("button", { name: "Create key" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Name").fill("Deploy");
    await dialog.getByRole("radio", { name: /^Write/ }).check();
    await dialog.getByRole("radio", { name: "Only these" }).check();
    await dialog.getByRole("checkbox", { name: "Limited" }).check();
    await traveller.assertAccessible("the form for a key");
    await dialog.getByRole("button", { name: "Create key" }).click();
    const key = await dialog.getByText(/^ahk_live_/).textContent();
    await dialog.getByRole("button", { name: "I have stored it" }).click();
    const ask = (path) => fetch(traveller.base + path, { headers: { authorization: `Bearer ${key}` } });
    assert.equal((await ask("/api/v1/apps/limited")).status, 200);
    assert.equal((await ask("/api/v1/apps/other")).status, 404);
    await traveller.assertAccessible();
    await page.getByRole("button", { name: "Revoke: Deploy" }).click();
    await page.getByRole("alertdialog").getByRole("button", { name: "Revoke" }).click();
    await page.getByText("The key is revoked.").waitFor();
    await traveller.wait("the key to be turned away", async () => (await ask("/api/v1/apps")).status === 401);
    await traveller.go("/audit?action=api_key.revoked");
    await page.getByText("revoked an API key").waitFor();
  },
};
