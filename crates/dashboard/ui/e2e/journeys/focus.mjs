// Where the keyboard is when windows open and close.
import assert from "node:assert/strict";

const hasFocus = (traveller, what, locator) =>
  traveller.wait(what, () => locator.evaluate((it) => it === document.activeElement));

export default {
  async "a window begins at its first field, and gives the focus back"(traveller) {
    const page = await traveller.arrive();
    await traveller.app("Focus", { slug: "focus" });
    await traveller.go("/apps");
    const opener = page.getByRole("button", { name: "Create app" });
    await opener.press("Enter");
    const dialog = page.getByRole("dialog");
    await hasFocus(traveller, "the first field to have the focus", dialog.getByLabel("Name"));
    await page.keyboard.press("Escape");
    await hasFocus(traveller, "the opener to have the focus", opener);

    await traveller.go("/apps/focus");
    const remove = page.getByRole("button", { name: "Delete app" });
    await remove.press("Enter");
    const asked = page.getByRole("alertdialog");
    await hasFocus(traveller, "the word to have the focus", asked.getByRole("textbox"));
    await page.keyboard.press("Escape");
    await hasFocus(traveller, "the opener to have the focus again", remove);
    assert.equal(await asked.count(), 0);
  },
};
