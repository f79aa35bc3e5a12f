// The account: second factor, password, sessions; and what happens when the session ends meanwhile.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** RFC 6238, as an authenticator app does it. */
function codeOf(secret, step = Math.floor(Date.now() / 30_000)) {
  const bits = [...secret].map((it) => ALPHABET.indexOf(it).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from(bits.match(/.{8}/g).map((it) => Number.parseInt(it, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mac = createHmac("sha1", key).update(counter).digest();
  const at = mac[19] & 15;
  return String((mac.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

export default {
  async "a second factor is set up, asked for, and turned off"(traveller) {
    const page = await traveller.arrive();
    await traveller.verifyEmail();
    await traveller.go("/settings");
    await page.getByRole("button", { name: "Set up" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Present password").fill("not the password");
    await dialog.getByRole("button", { name: "Next" }).click();
    await dialog
      .getByText(/password/i)
      .last()
      .waitFor();
    await dialog.getByLabel("Present password").fill(traveller.password);
    await dialog.getByRole("button", { name: "Next" }).click();
    await dialog.getByRole("img", { name: "QR code for the authenticator app" }).waitFor();
    await traveller.assertAccessible("the code to scan");
    const secret = (await dialog.getByText(/^([A-Z2-7]{4} ?)+$/).textContent()).replaceAll(" ", "");
    await dialog.getByLabel("Code", { exact: true }).fill(codeOf(secret));
    await dialog.getByRole("button", { name: "Turn on" }).click();
    const codes = dialog.getByRole("list", { name: "Recovery codes" }).getByRole("listitem");
    await codes.first().waitFor();
    assert.equal(await codes.count(), 10);
    const recovery = await codes.allInnerTexts();
    await traveller.assertAccessible("the recovery codes");
    await dialog.getByRole("button", { name: "I have stored them" }).click();
    await page.getByText("10 recovery codes left").waitFor();

    await traveller.window();
    await traveller.go("/login");
    const again = traveller.page;
    await again.getByLabel("Email").fill(traveller.email);
    await again.getByLabel("Password").fill(traveller.password);
    await again.getByRole("button", { name: "Sign in" }).click();
    await again.getByLabel("Code").fill(recovery[0]);
    await again.getByRole("button", { name: "Sign in" }).click();
    await again.waitForURL((url) => url.pathname === "/" || url.pathname === "/welcome");
    await traveller.go("/settings");
    await again.getByText("9 recovery codes left").waitFor();
    await again.getByRole("button", { name: "Turn off" }).click();
    const ending = again.getByRole("dialog");
    await ending.getByLabel("Present password").fill(traveller.password);
    await ending.getByLabel("Code or recovery code").fill(recovery[1]);
    await ending.getByRole("button", { name: "Turn off" }).click();
    await again.getByText("The second factor is off.").waitFor();
    await again.getByRole("button", { name: "Set up" }).waitFor();
  },

  async "another session is ended from here"(traveller) {
    const page = await traveller.arrive();
    const other = await traveller.browser.newContext({
      userAgent: "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Firefox/145.0",
    });
    traveller.contexts.push(other);
    const data = { email: traveller.email, password: traveller.password };
    const headers = { origin: traveller.base };
    await other.request.post(`${traveller.base}/api/v1/login`, { data, headers });
    await traveller.go("/settings");
    await page.getByRole("button", { name: "Sign out: Firefox on Linux" }).click();
    await page.getByText("1 session has ended.").waitFor();
    assert.equal((await other.request.get(`${traveller.base}/api/v1/account`)).status(), 401);
  },

  async "what was typed outlives the session"(traveller) {
    const page = await traveller.arrive();
    const app = await traveller.app("Before", { slug: "typed", path: "/typed" });
    await traveller.go("/apps/typed");
    await page.getByRole("textbox", { name: "Name" }).fill("After");
    await page.context().clearCookies();
    await page.getByRole("button", { name: "Save changes" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("Your session has ended").waitFor();
    await dialog.getByLabel("Password").fill(traveller.password);
    await dialog.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("heading", { name: "After" }).waitFor();
    assert.equal((await traveller.call("GET", `/api/v1/apps/${app.slug}`)).name, "After");
  },

  async "what somebody else changed meanwhile is told, and what was typed stays"(traveller) {
    const page = await traveller.arrive();
    await traveller.app("Ours", { slug: "meanwhile" });
    await traveller.go("/apps/meanwhile");
    const name = page.getByRole("textbox", { name: "Name" });
    await name.fill("Mine");
    await traveller.call("PATCH", "/api/v1/apps/meanwhile", { name: "Theirs" });
    await page.getByRole("button", { name: "Save changes" }).click();
    await page.getByText("Name is now Theirs").waitFor();
    assert.equal(await name.inputValue(), "Mine");
    await page.getByRole("button", { name: "Save changes" }).click();
    await page.getByRole("heading", { name: "Mine" }).waitFor();
    assert.equal((await traveller.call("GET", "/api/v1/apps/meanwhile")).name, "Mine");
  },
};
