// What senders send may be meant to harm whoever looks at it.
import assert from "node:assert/strict";

const PNG = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);

export default {
  async "scripts, bidi and strange types stay text"(traveller) {
    const page = await traveller.arrive();
    const app = await traveller.app("<img src=x onerror=alert(1)>", { slug: "evil" });
    const evil = '<script>alert(1)</script><img src=x onerror="alert(2)">';
    const id = await traveller.post(
      app,
      { type: `${evil}\u202Egnp.exe`, html: evil, __proto__: { a: 1 } },
      { "x-evil": evil },
    );
    for (const path of ["/events", `/events/${id}`, "/apps", "/apps/evil", "/"]) {
      await traveller.go(path);
      await page
        .getByText(path === "/apps" ? "onerror" : "evil")
        .first()
        .waitFor();
    }
    await traveller.go(`/events/${id}`);
    await page.locator("h1").getByText("U+202E").waitFor();
    for (const tab of ["Headers", "Reproduce", "Body"]) await page.getByRole("tab", { name: tab }).click();
    await page.getByRole("button", { name: "Raw" }).click();
    await page.locator("[data-code]").first().waitFor();
    assert.equal(await page.locator("script:not([src])").count(), 0);
  },

  async "what is large or deep is shown in part, and at once"(traveller) {
    const page = await traveller.arrive();
    const app = await traveller.app("Large");
    const items = Array.from({ length: 60_000 }, (_, n) => ({
      n,
      name: `item ${n}`,
      text: "lorem ipsum dolor sit amet, and so on",
    }));
    const large = await traveller.post(app, { type: "large", items });
    const deep = await traveller.post(app, "[".repeat(100_000) + "]".repeat(100_000));
    await traveller.go(`/events/${large}`);
    const tree = page.getByRole("tree");
    await tree.getByText("items").click();
    await page.getByRole("treeitem").nth(10).waitFor();
    await tree.press("End");
    await tree.getByText("Show 59,900 more").waitFor();
    assert.ok((await page.getByRole("treeitem").count()) < 100);
    await page.getByRole("button", { name: "Raw" }).click();
    await page.getByText(/The first .* are shown/).waitFor();
    await traveller.go(`/events/${deep}`);
    await page.getByRole("treeitem").nth(2).waitFor();
    for (let n = 0; n < 20; n += 1) await page.getByRole("treeitem").last().click();
    await page.getByRole("tab", { name: "Headers" }).click();
  },

  async "bytes that are no text, and thousands of headers"(traveller) {
    const page = await traveller.arrive();
    const app = await traveller.app("Bytes");
    const bytes = await traveller.post(app, new Uint8Array([0x7b, 0xff, 0xfe, 0x22]));
    const image = await traveller.post(app, PNG, { "content-type": "image/png" });
    await traveller.go(`/events/${bytes}`);
    await page.getByText("It is not valid UTF-8").waitFor();
    await page.getByRole("button", { name: "Hex" }).click();
    await traveller.go(`/events/${image}`);
    await page.getByRole("img", { name: "Preview" }).waitFor();
    const headers = Array.from({ length: 5_000 }, (_, n) => ({ name: `x-header-${n}`, value: `value ${n}` }));
    await page.route(`**/api/v1/events/${bytes}*`, async (route) => {
      const answer = await route.fetch();
      await route.fulfill({ response: answer, json: { ...(await answer.json()), headers } });
    });
    await traveller.go(`/events/${bytes}`);
    await page.getByRole("tab", { name: /Headers/ }).click();
    await page.getByText("x-header-0").waitFor();
    assert.ok((await page.locator("dt").count()) < 200);
    await page.getByLabel("Filter headers").fill("x-header-4999");
    await page.getByText("value 4999").waitFor();
  },

  async "a payload stays closed until it is asked for"(traveller) {
    const page = await traveller.arrive();
    traveller.handler.answer("/private", { status: 422, text: "no such iban" });
    const app = await traveller.app("Private", { path: "/private" });
    const id = await traveller.post(app, { type: "secret", iban: "DE00 1234" });
    await traveller.until(id, "retrying");
    await traveller.go(`/events/${id}`);
    await page.getByText("DE00 1234").waitFor();
    await page.getByRole("button", { name: "More", exact: true }).click();
    await page.getByRole("menuitem", { name: "Hide payloads until asked" }).click();
    await traveller.go(`/events/${id}`);
    await page.getByText("The payload is hidden").waitFor();
    await page.getByText("The answer is hidden with the payload.").last().waitFor();
    for (const hidden of ["DE00 1234", "no such iban", "No answer came."]) {
      assert.equal(await page.getByText(hidden).count(), 0, hidden);
    }
    await page.getByRole("button", { name: "Show the payload" }).click();
    await page.getByText("DE00 1234").waitFor();
    await page.getByRole("button", { name: "More", exact: true }).click();
    await page.getByRole("menuitem", { name: "Forget" }).click();
    await page.getByRole("alertdialog").getByRole("button", { name: "Forget" }).click();
    await page.getByText("The content was erased.").waitFor();
  },
};
