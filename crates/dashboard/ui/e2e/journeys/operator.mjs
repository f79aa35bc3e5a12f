// Whoever runs the installation, and whoever does not.
import assert from "node:assert/strict";
import { OPERATOR } from "../anyhook.mjs";
import { Traveller } from "../traveller.mjs";

export default {
  async "an operator finds a workspace, and puts it on another plan"(traveller) {
    const other = new Traveller(traveller);
    await other.arrive({ name: "Small shop" });
    traveller.email = OPERATOR;
    const page = await traveller.arrive({ name: "Those who run it" });
    await traveller.verifyEmail();
    await traveller.go("/");
    await page.getByRole("link", { name: "Operator" }).click();
    await page.getByRole("searchbox", { name: "Find by name or slug" }).fill(other.tenant.slug);
    const plan = page.getByLabel("Plan of Small shop");
    await plan.waitFor();
    await traveller.wait("only that one", async () => (await page.getByLabel(/^Plan of /).count()) === 1);
    await traveller.assertAccessible("the workspaces");
    const before = await plan.inputValue();
    const plans = await plan.locator("option").allInnerTexts();
    const wanted = plans.find((name) => name !== before);
    await plan.selectOption(wanted);
    const dialog = page.getByRole("alertdialog", { name: `Put Small shop on ${wanted}?` });
    await dialog.waitFor();
    await traveller.assertAccessible("the question before a plan changes");
    await dialog.getByRole("button", { name: "Change plan" }).click();
    await page.getByText(`Small shop is on ${wanted} now.`).waitFor();
    await traveller.wait("the list to say so", async () => (await plan.inputValue()) === wanted);
    assert.equal((await other.call("GET", "/api/v1/usage")).plan, wanted);

    await page.getByRole("group", { name: "Part" }).getByText("Plans").click();
    await page.getByRole("table").getByText(wanted, { exact: true }).first().waitFor();
    await traveller.assertAccessible("the plans");
    await page.getByRole("group", { name: "Part" }).getByText("System health").click();
    await page.getByText("Everything answers").waitFor();
    await page.getByText("Event log").waitFor();
    await traveller.assertAccessible("the health");
    await other.leave();
  },

  async "for everybody else there is no such page"(traveller) {
    const page = await traveller.arrive();
    await traveller.go("/operator");
    await page.getByRole("heading", { name: "There is no such page" }).waitFor();
    assert.equal(await page.getByRole("link", { name: "Operator" }).count(), 0);
  },
};
