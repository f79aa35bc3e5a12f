"""The smoke test: a delivery container stops while its attempts run, and nothing is lost."""

import http.client

from .client import Tenant, call
from .ledger import all_delivered, received
from .sender import Sender
from .stack import Failure, say, wait

N_EVENTS = 120
HANDLER_TAKES = 3


def smoke(stack):
    tenant = Tenant(stack.dashboard, timeout_seconds=30)
    say("signed up, and made an app with a destination")
    call(stack.handler, "PUT", "/delay", HANDLER_TAKES)
    sender = Sender(stack.ingress, tenant.inbound_path, per_second=40)
    sender.start(limit=N_EVENTS)
    wait("attempts are running", lambda: received(stack)["running"] >= 10, every=0.1)
    say(f"stopping delivery-1 while {received(stack)['running']} attempts run")
    stack.compose("stop", "delivery-1")
    ended_in_order(stack, "delivery-1")
    sender.join()
    _, refused = sender.counts()
    if refused:
        raise Failure(f"some predictions were not acknowledged: {dict(refused)}")
    all_delivered(stack, tenant, sender, within=180)
    if received(stack)["repeated"]:
        raise Failure("a delivery was repeated although its container was stopped in order")
    stack.compose("start", "delivery-1")
    wait("delivery-1 is back", lambda: stack.is_well("delivery-1"))
    refuse_forged(stack, tenant)
    send_test_event(tenant)
    look_at_pages(stack)


def ended_in_order(stack, service):
    state = stack.state(service)
    if state["ExitCode"] != 0:
        raise Failure(f"{service} did not end in order: it exited with {state['ExitCode']}")
    log = stack.log(service)
    n_finished = log[log.find('"message":"stopping'):].count('"message":"attempted"')
    if not n_finished:
        raise Failure(f"{service} finished no attempts after it was told to stop: either it had none, or it cut them off")
    say(f"{service} finished {n_finished} attempts, then ended")


def refuse_forged(stack, tenant):
    """What is not signed with the app's secret is turned away."""
    try:
        call(stack.ingress, "POST", tenant.inbound_path, {"status": "succeeded"})
    except Failure as failure:
        if " answered 401" in str(failure):
            return
        raise
    raise Failure("a prediction without a signature was accepted")


def send_test_event(tenant):
    """What the dashboard's button does, from tenants through the proxy to an ingress."""
    sent = call(tenant.dashboard, "POST", "/api/v1/apps/replicate/test", key=tenant.key)
    if not sent["ok"]:
        raise Failure(f"the test event was not taken: {sent}")
    wait("the test event is delivered", lambda: tenant.events()[sent["eventId"]]["status"] == "success")


def look_at_pages(stack):
    """The image has the web dashboard, its start page and its scripts."""
    page = fetch(stack.dashboard, "/")
    script = page.partition('<script type="module" crossorigin src="')[2].partition('"')[0]
    if not script or not fetch(stack.dashboard, script):
        raise Failure(f"the image has no web dashboard; its start page is {page[:300]!r}")


def fetch(address, path):
    connection = http.client.HTTPConnection(address, timeout=30)
    try:
        connection.request("GET", path, headers={"Accept": "text/html"})
        answer = connection.getresponse()
        return answer.read().decode() if answer.status == 200 else ""
    finally:
        connection.close()
