// Requests checked by the function with which each provider's library checks: `true`, or anything else.
import https from "node:https";
import { Readable } from "node:stream";

import "@shopify/shopify-api/adapters/node";

import adyen from "@adyen/api-library";
import { verifyWebhook as checkForClerk } from "@clerk/backend/webhooks";
import { ElevenLabsClient } from "@elevenlabs/elevenlabs-js";
import { Signature } from "@hubspot/api-client";
import { validateSignature as checkForLine } from "@line/bot-sdk";
import { LinearWebhookClient } from "@linear/sdk/webhooks";
import Mux from "@mux/mux-node";
import { verify as checkForGitHub } from "@octokit/webhooks-methods";
import { Paddle } from "@paddle/paddle-node-sdk";
import sendgrid from "@sendgrid/eventwebhook";
import { shopifyApi } from "@shopify/shopify-api";
import bolt from "@slack/bolt";
import { AwsLambdaReceiver } from "@zoom/rivet/meetings";
import { verifyKey } from "discord-interactions";
import OpenAI from "openai";
import { validateWebhook as checkForReplicate } from "replicate";
import { Resend } from "resend";
import SnsValidator from "sns-validator";
import { WebhooksHelper } from "square";
import { Webhook as StandardWebhook } from "standardwebhooks";
import Stripe from "stripe";
import { Webhook as SvixWebhook } from "svix";
import twilio from "twilio/lib/webhooks/webhooks.js";

import { fields } from "./sign.mjs";

/** For libraries that throw at a wrong signature. */
const unlessThrown = (check) => async (request) => {
  await check(request);
  return true;
};

const standard = (Webhook) =>
  unlessThrown(({ secret, body, headers }) => new Webhook(secret).verify(body, headers));

function adyenPayments({ secret, body }) {
  const validator = new adyen.hmacValidator();
  const items = JSON.parse(body).notificationItems;
  return items.every(({ NotificationRequestItem: item }) => validator.validateHMAC(item, secret));
}

/** The library asks Amazon for the certificate: here it gets what the example was signed for. */
function sns({ body, resources }) {
  https.get = (url, answer) => {
    const certificate = Readable.from([resources[url] ?? ""]);
    answer(Object.assign(certificate, { statusCode: url in resources ? 200 : 404 }));
    return certificate;
  };
  return new Promise((resolve) => new SnsValidator().validate(body, (error) => resolve(error ?? true)));
}

function clerk({ secret, url, method, body, headers }) {
  return checkForClerk(new Request(url, { method, body, headers }), { signingSecret: secret });
}

function hubspot({ secret, url, method, body, headers }) {
  const options = { clientSecret: secret, requestBody: body, url, method, signatureVersion: "v3" };
  const [signature, timestamp] = [headers["x-hubspot-signature-v3"], Number(headers["x-hubspot-request-timestamp"])];
  return Signature.isValid({ ...options, signature, timestamp });
}

function linear({ secret, body, headers }) {
  return new LinearWebhookClient(secret).verify(Buffer.from(body), headers["linear-signature"]);
}

function resend({ secret, body, headers }) {
  const [id, timestamp, signature] = ["svix-id", "svix-timestamp", "svix-signature"].map((name) => headers[name]);
  return new Resend("re_none").webhooks.verify({
    payload: body,
    headers: { id, timestamp, signature },
    webhookSecret: secret,
  });
}

function checkForSendGrid({ secret, body, headers }) {
  const webhook = new sendgrid.EventWebhook();
  const names = ["x-twilio-email-event-webhook-signature", "x-twilio-email-event-webhook-timestamp"];
  return webhook.verifySignature(webhook.convertPublicKeyToECDSA(secret), body, ...names.map((name) => headers[name]));
}

/** It looks at the signature first, and then wants some more headers. */
async function shopify({ secret, body, headers }) {
  const shopify = shopifyApi({
    apiKey: "none",
    apiSecretKey: secret,
    apiVersion: "2026-01",
    hostName: "example.com",
    isEmbeddedApp: false,
    logger: { log: () => {} },
  });
  const rawRequest = { headers };
  const said = await shopify.webhooks.validate({ rawBody: body, rawRequest });
  return said.valid || said.reason;
}

function slack({ secret, body, headers }) {
  const stamp = Number(headers["x-slack-request-timestamp"]);
  return bolt.verifySlackRequest({
    signingSecret: secret,
    body,
    headers: { "x-slack-signature": headers["x-slack-signature"], "x-slack-request-timestamp": stamp },
  });
}

async function zoom({ secret, body, headers }) {
  const receive = new AwsLambdaReceiver({ webhooksSecretToken: secret }).start();
  const answer = await receive({ headers, body, isBase64Encoded: false }, {});
  return answer.statusCode === 200 || answer.body;
}

function discord({ secret, body, headers }) {
  return verifyKey(body, headers["x-signature-ed25519"], headers["x-signature-timestamp"], secret);
}

function replicate({ secret, body, headers }) {
  const [id, timestamp, signature] = ["id", "timestamp", "signature"].map((name) => headers[`webhook-${name}`]);
  return checkForReplicate({ id, timestamp, signature, body, secret });
}

function square({ secret, url, body, headers }) {
  const signatureHeader = headers["x-square-hmacsha256-signature"];
  const signed = { requestBody: body, notificationUrl: url };
  return WebhooksHelper.verifySignature({ ...signed, signatureHeader, signatureKey: secret });
}

export const checkers = [
  ["adyen", "@adyen/api-library", adyenPayments],
  ["aws-sns", "sns-validator", sns],
  ["clerk", "@clerk/backend", unlessThrown(clerk)],
  ["discord", "discord-interactions", discord],
  [
    "elevenlabs",
    "@elevenlabs/elevenlabs-js",
    unlessThrown(({ secret, body, headers }) =>
      new ElevenLabsClient({ apiKey: "none" }).webhooks.constructEvent(body, headers["elevenlabs-signature"], secret),
    ),
  ],
  [
    "github",
    "@octokit/webhooks-methods",
    ({ secret, body, headers }) => checkForGitHub(secret, body, headers["x-hub-signature-256"]),
  ],
  ["gitlab", "standardwebhooks", standard(StandardWebhook)],
  ["hubspot", "@hubspot/api-client", hubspot],
  ["line", "@line/bot-sdk", ({ secret, body, headers }) => checkForLine(body, secret, headers["x-line-signature"])],
  ["linear", "@linear/sdk", linear],
  [
    "mux",
    "@mux/mux-node",
    unlessThrown(({ secret, body, headers }) =>
      new Mux({ tokenId: "none", tokenSecret: "none" }).webhooks.verifySignature(body, headers, secret),
    ),
  ],
  [
    "openai",
    "openai",
    unlessThrown(({ secret, body, headers }) => new OpenAI({ apiKey: "none" }).webhooks.unwrap(body, headers, secret)),
  ],
  [
    "paddle",
    "@paddle/paddle-node-sdk",
    ({ secret, body, headers }) =>
      new Paddle("none").webhooks.isSignatureValid(body, secret, headers["paddle-signature"]),
  ],
  ["replicate", "replicate", replicate],
  ["resend", "resend", unlessThrown(resend)],
  ["sendgrid", "@sendgrid/eventwebhook", checkForSendGrid],
  ["shopify", "@shopify/shopify-api", shopify],
  ["slack", "@slack/bolt", unlessThrown(slack)],
  ["square", "square", square],
  ["standard-webhooks", "standardwebhooks", standard(StandardWebhook)],
  [
    "stripe",
    "stripe",
    unlessThrown(({ secret, body, headers }) =>
      Stripe.webhooks.constructEvent(body, headers["stripe-signature"], secret),
    ),
  ],
  ["svix", "svix", standard(SvixWebhook)],
  [
    "twilio",
    "twilio",
    ({ secret, url, body, headers }) =>
      twilio.validateRequest(secret, headers["x-twilio-signature"], url, fields(body)),
  ],
  ["zoom", "@zoom/rivet", zoom],
];
