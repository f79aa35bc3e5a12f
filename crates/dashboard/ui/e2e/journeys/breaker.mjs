// A destination that fails so much that it is held back, until somebody puts it right.

export default {
  async "a destination is held back, says so, and goes on when its handler is fixed"(traveller) {
    const page = await traveller.arrive();
    traveller.handler.answer("/down", { status: 503 });
    const app = await traveller.app("Down", { slug: "down", path: "/down" });
    const ids = [];
    for (let n = 0; n < 10; n += 1) ids.push(await traveller.post(app, { type: "thing.done", n }));
    for (const id of ids) await traveller.until(id, "retrying");
    const waiting = await traveller.post(app, { type: "thing.done", n: 10 });

    await traveller.go("/");
    await page.getByText("Held back: its deliveries wait, and use up no attempts.").waitFor();
    await page.locator("[data-failing] a").first().click();
    await page.getByText("It fails so much that its deliveries wait").waitFor();
    await page.getByText("Next try").waitFor();
    await traveller.assertAccessible();

    // Whoever replays asks for a try at once, and what waited longest is it.
    traveller.handler.answer("/down", { status: 200 });
    await traveller.call("POST", `/api/v1/events/${ids[0]}/replay`);
    await traveller.until(waiting, "success");
    await page.getByText("It works again").waitFor();
  },
};
