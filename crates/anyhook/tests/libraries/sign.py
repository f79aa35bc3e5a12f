"""Requests signed by the function with which each provider's library signs."""

import json
import time
from datetime import datetime, timezone
from urllib.parse import parse_qs

import standardwebhooks
import stripe
import svix
from Adyen.util import generate_notification_sig, generate_payload_sig
from hubspot.utils.signature import Signature
from slack_sdk.signature import SignatureVerifier
from twilio.request_validator import RequestValidator

FORM = "application/x-www-form-urlencoded"


def standard(webhook, names, more=None):
    """Standard Webhooks, under either family of names."""

    def sign(wanted):
        at = datetime.now(timezone.utc)
        message_id = f"msg_{at.timestamp()}"
        signature = webhook(wanted["secret"]).sign(message_id, at, wanted["body"])
        stamp = str(int(at.timestamp()))
        values = {f"{names}-id": message_id, f"{names}-timestamp": stamp, f"{names}-signature": signature}
        return {"headers": {**values, **(more or {})}}

    return sign


def sign_as_stripe(wanted):
    header = stripe.WebhookSignature.generate_signature_header(wanted["body"], wanted["secret"])
    return {"headers": {"stripe-signature": header}}


def slack(wanted):
    stamp = str(int(time.time()))
    signature = SignatureVerifier(wanted["secret"]).generate_signature(timestamp=stamp, body=wanted["body"])
    return {"headers": {"x-slack-request-timestamp": stamp, "x-slack-signature": signature}}


def adyen_payments(wanted):
    notification = json.loads(wanted["body"])
    for wrapped in notification["notificationItems"]:
        item = wrapped["NotificationRequestItem"]
        item["additionalData"]["hmacSignature"] = generate_notification_sig(item, wanted["secret"]).decode()
    return {"body": json.dumps(notification), "headers": {}}


def adyen_banking(wanted):
    signature = generate_payload_sig(wanted["body"].encode(), wanted["secret"])
    return {"headers": {"hmacsignature": signature.decode()}}


class Fields(dict):
    """A form's fields, as Django has them."""

    def __init__(self, body):
        super().__init__(parse_qs(body, keep_blank_values=True))

    def getlist(self, name):
        return self[name]


def twilio_form(wanted):
    signature = RequestValidator(wanted["secret"]).compute_signature(wanted["url"], Fields(wanted["body"]))
    return {"headers": {"content-type": FORM, "x-twilio-signature": signature}}


def twilio_shared_key(wanted):
    validator = RequestValidator(wanted["secret"])
    signature = validator.compute_signature(wanted["url"], Fields(wanted["body"]), "HMAC_SHA256")
    settings = "key=webhooks_sharedkey_1,algorithm=HMAC_SHA256"
    headers = {"x-twilio-signature": signature, "x-twilio-webhooks-signature-settings": settings}
    return {"headers": {"content-type": FORM, **headers}}


def twilio_json(wanted):
    validator = RequestValidator(wanted["secret"])
    body = json.dumps(Fields(wanted["body"]))
    joint = "&" if "?" in wanted["url"] else "?"
    url = f"{wanted['url']}{joint}bodySHA256={validator.compute_hash(body)}"
    return {"url": url, "body": body, "headers": {"x-twilio-signature": validator.compute_signature(url, {})}}


def hubspot(version):
    def sign(wanted):
        stamp = str(int(time.time() * 1000))
        signature = Signature.get_signature(
            wanted["secret"], wanted["body"], version, http_uri=wanted["url"], http_method="POST", timestamp=stamp
        )
        older = {"x-hubspot-signature": signature, "x-hubspot-signature-version": version}
        newer = {"x-hubspot-signature-v3": signature, "x-hubspot-request-timestamp": stamp}
        return {"headers": newer if version == "v3" else older}

    return sign


SIGNERS = [
    ("adyen", "Adyen, payments", adyen_payments),
    ("adyen", "Adyen, banking", adyen_banking),
    ("clerk", "svix", standard(svix.Webhook, "svix")),
    ("gitlab", "standardwebhooks", standard(standardwebhooks.Webhook, "webhook", {"x-gitlab-event": "Push Hook"})),
    ("hubspot", "hubspot-api-client, v1", hubspot("v1")),
    ("hubspot", "hubspot-api-client, v2", hubspot("v2")),
    ("hubspot", "hubspot-api-client, v3", hubspot("v3")),
    ("resend", "svix", standard(svix.Webhook, "svix")),
    ("slack", "slack_sdk", slack),
    ("standard-webhooks", "standardwebhooks", standard(standardwebhooks.Webhook, "webhook")),
    ("stripe", "stripe", sign_as_stripe),
    ("svix", "svix", standard(svix.Webhook, "svix")),
    ("twilio", "twilio, form", twilio_form),
    ("twilio", "twilio, form under a shared key", twilio_shared_key),
    ("twilio", "twilio, JSON", twilio_json),
]
