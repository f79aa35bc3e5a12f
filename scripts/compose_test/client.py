"""The calls to AnyHook and to the handler, and a webhook as Replicate sends it."""

import base64
import hashlib
import hmac
import http.client
import json
import os
import time
import uuid

from .stack import Failure

REPLICATE_KEY = os.urandom(24)
REPLICATE_SECRET = "whsec_" + base64.b64encode(REPLICATE_KEY).decode()


def call(address, method, path, body=None, key=None, within=30):
    """A request that must succeed; returns the answer's JSON."""
    connection = http.client.HTTPConnection(address, timeout=within)
    headers = {"Content-Type": "application/json"} if body is not None else {}
    if key:
        headers["Authorization"] = f"Bearer {key}"
    try:
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        answer = connection.getresponse()
        text = answer.read().decode()
    finally:
        connection.close()
    if not 200 <= answer.status < 300:
        raise Failure(f"{method} {path} answered {answer.status}: {text}")
    return json.loads(text)


class Tenant:
    """A tenant that has just signed up, with one app for Replicate and one destination."""

    def __init__(self, dashboard, timeout_seconds):
        self.dashboard = dashboard
        name = uuid.uuid4().hex[:12]
        account = call(dashboard, "POST", "/api/v1/signup", {
            "email": f"{name}@example.com", "password": uuid.uuid4().hex, "tenant": {"name": f"Test {name}"}})
        self.key = account["apiKey"]
        app = call(dashboard, "POST", "/api/v1/apps", {
            "name": "Replicate", "source": "replicate", "secret": REPLICATE_SECRET,
            "destinations": [{"url": "http://handler:8080/", "timeout_seconds": timeout_seconds}]}, self.key)
        self.inbound_path = "/" + app["inboundUrl"].split("/", 3)[3]

    def events(self):
        """Every event by its id, as the API lists them."""
        found, cursor = {}, ""
        while cursor is not None:
            page = call(self.dashboard, "GET", f"/api/v1/events?limit=200{cursor}", key=self.key)
            found.update({event["id"]: event for event in page["events"]})
            cursor = f"&cursor={page['nextCursor']}" if page.get("nextCursor") else None
        return found


class Prediction:
    """A completed prediction, signed."""

    def __init__(self):
        self.id = f"msg_{uuid.uuid4().hex}"
        self.body = json.dumps({
            "id": uuid.uuid4().hex, "status": "succeeded", "input": {"prompt": "a lighthouse at dusk, in öl"},
            "output": ["https://replicate.delivery/out-0.png"], "logs": "x" * 500,
            "urls": {"get": "https://api.replicate.com/v1/predictions/x"}}, ensure_ascii=False).encode()

    def headers(self):
        at = str(int(time.time()))
        signed = f"{self.id}.{at}.".encode() + self.body
        mac = base64.b64encode(hmac.new(REPLICATE_KEY, signed, hashlib.sha256).digest()).decode()
        return {"Content-Type": "application/json", "webhook-id": self.id, "webhook-timestamp": at,
                "webhook-signature": f"v1,{mac}"}

    def sha256(self):
        return hashlib.sha256(self.body).hexdigest()
