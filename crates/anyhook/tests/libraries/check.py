"""Requests checked by the function with which each provider's library checks: True, or anything else."""

import json
from types import SimpleNamespace

import resend
import standardwebhooks
import stripe
import svix
from Adyen.util import is_valid_hmac_notification
from discord_interactions import verify_key
from elevenlabs import ElevenLabs
from hubspot.utils.signature import Signature
from linebot.v3.webhook import SignatureValidator
from openai import OpenAI
from paddle_billing.Notifications import Secret, Verifier
from replicate.webhook import Webhooks, WebhookSigningSecret
from sendgrid.helpers.eventwebhook import EventWebhook
from slack_sdk.signature import SignatureVerifier
from square.utils.webhooks_helper import verify_signature
from twilio.request_validator import RequestValidator

from sign import Fields


def unless_raised(check):
    """For libraries that raise at a wrong signature."""

    def checked(request):
        check(request)
        return True

    return checked


def standard(webhook):
    return unless_raised(lambda it: webhook(it["secret"]).verify(it["body"], it["headers"]))


def adyen_payments(request):
    items = [wrapped["NotificationRequestItem"] for wrapped in json.loads(request["body"])["notificationItems"]]
    return all(is_valid_hmac_notification(item, request["secret"]) for item in items)


def discord(request):
    headers = request["headers"]
    stamp = headers["x-signature-timestamp"]
    return verify_key(request["body"].encode(), headers["x-signature-ed25519"], stamp, request["secret"])


def elevenlabs(request):
    header = request["headers"]["elevenlabs-signature"]
    return ElevenLabs(api_key="none").webhooks.construct_event(request["body"], header, request["secret"])


def hubspot(request):
    return Signature.is_valid(
        request["headers"]["x-hubspot-signature-v3"],
        request["secret"],
        request["body"],
        http_uri=request["url"],
        http_method=request["method"],
        signature_version="v3",
        timestamp=request["headers"]["x-hubspot-request-timestamp"],
    )


def line(request):
    return SignatureValidator(request["secret"]).validate(request["body"], request["headers"]["x-line-signature"])


def openai(request):
    client = OpenAI(api_key="none", webhook_secret=request["secret"])
    return client.webhooks.verify_signature(request["body"], request["headers"])


def paddle(request):
    headers = {"Paddle-Signature": request["headers"]["paddle-signature"]}
    given = SimpleNamespace(headers=headers, body=request["body"].encode())
    return Verifier().verify(given, Secret(request["secret"]))


def replicate(request):
    secret = WebhookSigningSecret(key=request["secret"])
    Webhooks.validate(headers=request["headers"], body=request["body"], secret=secret, tolerance=300)


def check_for_resend(request):
    headers = {name: request["headers"][f"svix-{name}"] for name in ("id", "timestamp", "signature")}
    resend.Webhooks.verify({"payload": request["body"], "headers": headers, "webhook_secret": request["secret"]})


def sendgrid(request):
    signature, stamp = (
        request["headers"][f"x-twilio-email-event-webhook-{name}"] for name in ("signature", "timestamp")
    )
    return EventWebhook(request["secret"]).verify_signature(request["body"], signature, stamp)


def square(request):
    return verify_signature(
        request_body=request["body"],
        signature_header=request["headers"]["x-square-hmacsha256-signature"],
        signature_key=request["secret"],
        notification_url=request["url"],
    )


def twilio(request):
    validator = RequestValidator(request["secret"])
    return validator.validate(request["url"], Fields(request["body"]), request["headers"]["x-twilio-signature"])


CHECKERS = [
    ("adyen", "Adyen", adyen_payments),
    ("discord", "discord-interactions", discord),
    ("elevenlabs", "elevenlabs", unless_raised(elevenlabs)),
    ("gitlab", "standardwebhooks", standard(standardwebhooks.Webhook)),
    ("hubspot", "hubspot-api-client", hubspot),
    ("line", "line-bot-sdk", line),
    ("openai", "openai", unless_raised(openai)),
    ("paddle", "paddle-python-sdk", paddle),
    ("replicate", "replicate", unless_raised(replicate)),
    ("resend", "resend", unless_raised(check_for_resend)),
    ("sendgrid", "sendgrid", sendgrid),
    ("slack", "slack_sdk", lambda it: SignatureVerifier(it["secret"]).is_valid_request(it["body"], it["headers"])),
    ("square", "squareup", square),
    ("standard-webhooks", "standardwebhooks", standard(standardwebhooks.Webhook)),
    (
        "stripe",
        "stripe",
        unless_raised(
            lambda it: stripe.Webhook.construct_event(it["body"], it["headers"]["stripe-signature"], it["secret"])
        ),
    ),
    ("svix", "svix", standard(svix.Webhook)),
    ("twilio", "twilio", twilio),
]
