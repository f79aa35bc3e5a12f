// From nothing to the first delivered event, as a new user sees it.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";

export default {
  async "sign-up to the first delivered event"(traveller) {
    const page = await traveller.window();
    await traveller.go("/");
    await page.waitForURL("**/login");
    await page.getByRole("link", { name: "Create an account" }).click();
    // Until the page is there, the former one's fields have the same names.
    await page.getByRole("heading", { name: "Create your account" }).waitFor();
    await page.getByLabel("Email").fill(traveller.email);
    await page.getByLabel("Password").fill(traveller.password);
    await page.getByLabel("Workspace").fill("First Steps");
    await page.getByRole("button", { name: "Create account" }).click();
    await page.waitForURL("**/welcome");
    await page.getByRole("heading", { name: "Receive your first webhook" }).waitFor();
    await traveller.assertAccessible();

    await page.getByLabel("Search sources").fill("generic");
    await page.getByRole("radio", { name: /Any sender/ }).check();
    await page.getByLabel("Name", { exact: true }).fill("My first app");
    await page.getByRole("button", { name: "Create app" }).click();
    await page.waitForURL(/app=my-first-app/);
    const url = await page
      .getByText(/\/first-steps\/my-first-app$/)
      .first()
      .innerText();
    await page.getByText("Waiting for the first event").waitFor();

    const answer = await fetch(url, {
      method: "POST",
      body: '{"hello":"world"}',
      headers: { "content-type": "application/json" },
    });
    assert.equal(answer.status, 200);
    await page.getByText("It has arrived.").waitFor();

    await page.getByLabel("URL", { exact: true }).fill(traveller.handler.url("/first"));
    await page.getByRole("button", { name: "Connect" }).click();
    await page.getByText("whsec_").first().waitFor();
    await traveller.assertAccessible("the guide with a secret");
    await page.getByRole("button", { name: "Replay the first event" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Replay", exact: true }).click();
    await traveller.wait("the handler to be called", () => traveller.handler.received("/first").length === 1);
    assert.equal(traveller.handler.received("/first")[0].body, '{"hello":"world"}');

    await page.getByRole("link", { name: "Go to the overview" }).click();
    await page.getByRole("table").locator('[data-status="success"]').first().waitFor();
  },

  async "the guide sends a test event, makes an example to be sent, and tests the handler"(traveller) {
    const page = await traveller.arrive();
    await traveller.go("/welcome");
    await page.getByLabel("Search sources").fill("stripe");
    await page.getByLabel("Search sources").press("Enter");
    await page.getByLabel(/secret/i).fill("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD");
    await page.getByLabel("Name", { exact: true }).fill("Payments");
    await page.getByRole("button", { name: "Create app" }).click();
    await page.waitForURL(/app=payments/);
    await page.getByLabel("URL", { exact: true }).fill(traveller.handler.url("/taken"));
    await page.getByRole("button", { name: "Connect" }).click();
    await page.getByRole("button", { name: "Send it a test event" }).click();
    await page.getByText("It answered with 200").waitFor();
    await page.getByText("Send it from elsewhere, by a command").click();
    await page.getByRole("button", { name: "Make an example" }).click();
    const command = await page.getByText(/^curl /).innerText();
    await traveller.assertAccessible("the guide with an example");
    await page.getByRole("button", { name: "Send a test event", exact: true }).click();
    await page.getByText("It has arrived.").waitFor();
    execFileSync("sh", ["-c", command], { stdio: "ignore" });
    await traveller.wait("both to be delivered", () => traveller.handler.received("/taken").length === 3);
    const { events } = await traveller.call("GET", "/api/v1/events");
    assert.deepEqual(
      events.map((it) => it.signatureValid),
      [true, true],
    );
  },

  async "a wrong password says so beside the form"(traveller) {
    await traveller.arrive();
    const page = await traveller.window();
    await traveller.go("/login?next=/events");
    await page.getByLabel("Email").fill(traveller.email);
    await page.getByLabel("Password").fill("not the password");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("alert").waitFor();
    assert.equal(await page.getByLabel("Email").inputValue(), traveller.email);
    await page.getByLabel("Password").fill(traveller.password);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.waitForURL("**/events");
  },
};
