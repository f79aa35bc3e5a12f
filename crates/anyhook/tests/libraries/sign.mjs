// Requests signed by the function with which each provider's library signs.
import adyen from "@adyen/api-library";
import { Signature } from "@hubspot/api-client";
import { sign as signForGitHub } from "@octokit/webhooks-methods";
import { Webhook as StandardWebhook } from "standardwebhooks";
import Stripe from "stripe";
import { Webhook as SvixWebhook } from "svix";
import twilio from "twilio/lib/webhooks/webhooks.js";

const FORM = "application/x-www-form-urlencoded";

/** Standard Webhooks, under either family of names. */
function standard(Webhook, names, more = {}) {
  return ({ secret, body }) => {
    const at = new Date();
    const id = `msg_${at.getTime()}`;
    const headers = {
      [`${names}-id`]: id,
      [`${names}-timestamp`]: String(Math.floor(at.getTime() / 1000)),
      [`${names}-signature`]: new Webhook(secret).sign(id, at, body),
      ...more,
    };
    return { headers };
  };
}

function stripe({ secret, body }) {
  return { headers: { "stripe-signature": Stripe.webhooks.generateTestHeaderString({ payload: body, secret }) } };
}

async function github({ secret, body }) {
  return { headers: { "x-github-event": "push", "x-hub-signature-256": await signForGitHub(secret, body) } };
}

const hmac = new adyen.hmacValidator();

function adyenPayments({ secret, body }) {
  const notification = JSON.parse(body);
  for (const { NotificationRequestItem: item } of notification.notificationItems) {
    item.additionalData.hmacSignature = hmac.calculateHmac(item, secret);
  }
  return { body: JSON.stringify(notification), headers: {} };
}

function adyenBanking({ secret, body }) {
  return { headers: { hmacsignature: hmac.calculateHmac(body, secret) } };
}

/** Names and values; a name that comes several times has a list of them. */
export function fields(body) {
  const form = new URLSearchParams(body);
  return Object.fromEntries([...form.keys()].map((name) => [name, form.getAll(name)]));
}

function twilioForm({ secret, url, body }) {
  const signature = twilio.getExpectedTwilioSignature(secret, url, fields(body));
  return { headers: { "content-type": FORM, "x-twilio-signature": signature } };
}

function twilioJson({ secret, url, body }) {
  const json = JSON.stringify(fields(body));
  const joint = url.includes("?") ? "&" : "?";
  const signed = `${url}${joint}bodySHA256=${twilio.getExpectedBodyHash(json)}`;
  const signature = twilio.getExpectedTwilioSignature(secret, signed, {});
  return { url: signed, body: json, headers: { "x-twilio-signature": signature } };
}

function hubspot(version) {
  return ({ secret, url, body }) => {
    const timestamp = Date.now();
    const options = { clientSecret: secret, requestBody: body, url, timestamp };
    const signature = Signature.getSignature("POST", version, options);
    const older = { "x-hubspot-signature": signature, "x-hubspot-signature-version": version };
    const newer = { "x-hubspot-signature-v3": signature, "x-hubspot-request-timestamp": String(timestamp) };
    return { headers: version === "v3" ? newer : older };
  };
}

export const signers = [
  ["adyen", "@adyen/api-library, payments", adyenPayments],
  ["adyen", "@adyen/api-library, banking", adyenBanking],
  ["clerk", "svix", standard(SvixWebhook, "svix")],
  ["github", "@octokit/webhooks-methods", github],
  ["gitlab", "standardwebhooks", standard(StandardWebhook, "webhook", { "x-gitlab-event": "Push Hook" })],
  ["hubspot", "@hubspot/api-client, v1", hubspot("v1")],
  ["hubspot", "@hubspot/api-client, v2", hubspot("v2")],
  ["hubspot", "@hubspot/api-client, v3", hubspot("v3")],
  ["resend", "svix", standard(SvixWebhook, "svix")],
  ["standard-webhooks", "standardwebhooks", standard(StandardWebhook, "webhook")],
  ["stripe", "stripe", stripe],
  ["svix", "svix", standard(SvixWebhook, "svix")],
  ["svix", "svix, names without svix", standard(SvixWebhook, "webhook")],
  ["twilio", "twilio, form", twilioForm],
  ["twilio", "twilio, JSON", twilioJson],
];
