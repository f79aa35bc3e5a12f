// Somebody with several workspaces.

export default {
  async "another one is made from the settings, and from the menu"(traveller) {
    const page = await traveller.arrive();
    await traveller.go("/settings");
    await page.getByRole("button", { name: "New workspace" }).click();
    await page.getByRole("dialog").getByLabel("Workspace", { exact: true }).fill("Labs one");
    await page.getByRole("dialog").getByRole("button", { name: "Create workspace" }).click();
    await page.waitForURL("**/");
    await page.getByRole("button", { name: /Switch workspace: .*Labs one/ }).click();
    await page.getByRole("menuitem", { name: "New workspace" }).click();
    await page.getByRole("dialog").getByText("You own it.").waitFor();
    await page.getByRole("dialog").getByLabel("Workspace", { exact: true }).fill("Labs two");
    await page.getByRole("dialog").getByRole("button", { name: "Create workspace" }).click();
    await page.getByRole("button", { name: /Switch workspace: .*Labs two/ }).waitFor();
  },
};
