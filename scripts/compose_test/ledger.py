"""Compares what was acknowledged with what the handler received and with what the API says."""

from .client import call
from .stack import Failure, say, wait


def received(stack):
    return call(stack.handler, "GET", "/summary")


def all_delivered(stack, tenant, sender, within):
    """Waits until everything acknowledged was received, byte for byte, and is a success by the API."""
    wanted = sender.acknowledged
    state = {"missing": len(wanted)}

    def is_received():
        hashes = call(stack.handler, "GET", "/hashes")
        wrong = [event for event, sha256 in wanted.items() if hashes.get(event, sha256) != sha256]
        if wrong:
            raise Failure(f"{len(wrong)} events were delivered with another body: {wrong[:3]}")
        state["missing"] = sum(1 for event in wanted if event not in hashes)
        return not state["missing"]

    try:
        took = wait("every acknowledged event is delivered", is_received, within, every=2)
    except Failure as failure:
        raise Failure(f"{failure}: {state['missing']} of {len(wanted)} are missing") from None
    wait("the API calls every one of them a success", lambda: not unfinished(tenant, wanted), 60, every=2)
    summary = received(stack)
    say(f"all {len(wanted)} acknowledged events delivered, {took:.0f} s after the last was sent; "
        f"{summary['repeated']} more than once, {summary['overlaps']} twice at a time")
    if summary["overlaps"]:
        raise Failure("two attempts of one delivery ran at the same time")


def unfinished(tenant, wanted):
    events = tenant.events()
    absent = [event for event in wanted if event not in events]
    if absent:
        raise Failure(f"{len(absent)} acknowledged events are not in the API's list: {absent[:3]}")
    return [event for event in wanted if events[event]["status"] != "success"]
