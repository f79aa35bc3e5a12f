// A secret pasted wrongly loses nothing.
import assert from "node:assert/strict";

export default {
  async "rejected requests are verified again once the secret is right"(traveller) {
    const page = await traveller.arrive();
    const secret = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
    const app = await traveller.app("Payments", {
      slug: "payments",
      source: "stripe",
      secret: "whsec_pasted_wrongly",
      path: "/paid",
    });
    for (let n = 0; n < 3; n += 1) {
      const sent = await traveller.call("POST", "/api/v1/tools/mock", { app: "payments", secret });
      const { method, headers, body } = sent;
      assert.equal((await fetch(app.inboundUrl, { method, headers, body })).status, 401);
    }
    await traveller.go("/rejected");
    await page.getByText("signed with another secret").first().waitFor();
    await page.getByText(/The secret that is stored here is not the one that signed/).waitFor();
    await traveller.assertAccessible();
    await page.getByRole("button", { name: "Verify again" }).click();
    await page.getByText("3 stay rejected").waitFor();

    await page.getByRole("link", { name: "Replace secret" }).click();
    const dialog = page.getByRole("dialog", { name: "Replace secret" });
    await dialog.getByRole("textbox").fill(secret);
    await dialog.getByRole("button", { name: "Save changes" }).click();
    await page.getByText("Requests are verified with it from now on.").waitFor();

    await traveller.go("/rejected");
    await page.getByRole("button", { name: "Verify again" }).click();
    await page.getByText("3 of them are on the way now").waitFor();
    await traveller.wait("the handler to be called", () => traveller.handler.received("/paid").length === 3);
    await traveller.assertAccessible("the result of verifying");
    await traveller.go("/rejected");
    await page.getByText("Nothing was rejected").waitFor();
  },
};
