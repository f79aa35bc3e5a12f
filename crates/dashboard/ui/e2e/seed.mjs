// Fills a workspace as a busy week would: several providers, a handler that fails, requests with a wrong signature.

const STRIPE = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
const GITHUB = "a secret that two share";
const ROUNDS = 14;

/** Sends a request as the app's provider signs it. */
async function send(traveller, app, wanted) {
  const { method, headers, body } = await traveller.call("POST", "/api/v1/tools/mock", { app: app.slug, ...wanted });
  const sent = headers.map ? headers : Object.entries(headers);
  const answer = await fetch(app.inboundUrl, { method, headers: sent, body });
  return answer.ok ? (await answer.json().catch(() => ({}))).id : undefined;
}

const order = (n) => ({
  type: n % 3 === 0 ? "order.refunded" : "order.created",
  id: `ord_${1_000 + n}`,
  data: { amount: 1_250 + n * 75, currency: "eur", items: [{ sku: "A-17", quantity: 1 + (n % 3) }] },
});

async function apps(traveller) {
  const { handler } = traveller;
  handler.answer("/hooks/github", { afterMs: 35 });
  handler.answer("/hooks/orders", { status: 503, text: '{"error":"the database is read-only"}', afterMs: 60 });
  return {
    github: await traveller.app("Source code", { source: "github", secret: GITHUB, path: "/hooks/github" }),
    stripe: await traveller.app("Payments", { source: "stripe", secret: STRIPE, path: "/hooks/stripe" }),
    orders: await traveller.app("Orders", { path: "/hooks/orders" }),
    logged: await traveller.app("Just looking", { source: "auto" }),
  };
}

/** Gives the addresses of what there is now. */
export async function seed(traveller) {
  const { github, stripe, orders, logged } = await apps(traveller);
  let shown;
  for (let n = 0; n < ROUNDS; n += 1) {
    traveller.handler.answer("/hooks/stripe", { afterMs: 20 + ((n * 37) % 160) });
    await send(traveller, github, { secret: GITHUB });
    shown = (await send(traveller, stripe, { secret: STRIPE, body: payment(n) })) ?? shown;
    await traveller.post(logged, order(n));
  }
  for (let n = 0; n < 3; n += 1) await send(traveller, stripe, { secret: "whsec_of_another_endpoint" });
  const failing = await traveller.post(orders, order(1));
  await traveller.post(orders, order(2));
  await traveller.until(failing, "retrying");
  await traveller.until(shown, "success");
  await traveller.call("POST", "/api/v1/team/invitations", { email: "grace@example.com", role: "member" });
  await traveller.call("POST", "/api/v1/api-keys", { name: "Deploy", scope: "write", expiresInDays: 90 });
  const destination = stripe.destinations[0].id;
  return {
    event: `/events/${failing}`,
    "event-delivered": `/events/${shown}`,
    app: "/apps/payments",
    destination: `/apps/payments/destinations/${destination}`,
    "destination-failing": `/apps/orders/destinations/${orders.destinations[0].id}`,
    guide: "/welcome?app=just-looking",
  };
}

const payment = (n) =>
  JSON.stringify({
    id: `evt_${(7_000 + n).toString(36)}`,
    object: "event",
    type: n % 4 === 0 ? "charge.refunded" : "payment_intent.succeeded",
    data: { object: { id: `pi_${n}`, amount: 4_900 + n * 10, currency: "eur", status: "succeeded" } },
  });
