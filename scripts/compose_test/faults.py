"""Faults under load: every container dies once, the stores are stopped and emptied; what was acknowledged arrives."""

import time

from .client import Tenant, call
from .ledger import all_delivered, received
from .sender import Sender
from .stack import Failure, say, wait

PER_SECOND = 100
CRASHING = ["ingress-1", "ingress-2", "delivery-1", "delivery-2", "tenants", "dashboard", "proxy", "redis", "rabbitmq"]
POSTGRES_AWAY = 60
# From a fault's end until deliveries flow again.
RECOVERS_WITHIN = 60


def stop_postgres(stack):
    stack.compose("stop", "postgres")
    time.sleep(POSTGRES_AWAY)
    stack.compose("start", "postgres")
    wait("PostgreSQL is back", lambda: stack.is_well("postgres"))


def empty_rabbitmq(stack):
    stack.compose("stop", "rabbitmq")
    stack.compose("rm", "--force", "rabbitmq")
    stack.docker("volume", "rm", f"{stack.project}_rabbitmq")
    stack.compose("up", "--detach", "--no-deps", "rabbitmq")
    wait("RabbitMQ is back", lambda: stack.is_well("rabbitmq"))


def flush_redis(stack):
    stack.docker("exec", stack.container("redis"), "redis-cli", "flushall")


def faults():
    for service in CRASHING:
        yield f"{service} crashes", lambda stack, service=service: stack.crash(service)
    yield "Redis is emptied", flush_redis
    yield "RabbitMQ loses its volume", empty_rabbitmq
    # Last: while PostgreSQL is away, RabbitMQ keeps events; both at once would be two faults.
    yield "postgres crashes", lambda stack: stack.crash("postgres")
    yield f"PostgreSQL is away for {POSTGRES_AWAY} s", stop_postgres


def under_faults(stack):
    call(stack.handler, "PUT", "/delay", 0.1)
    # A short time, so that what a crashed service held is free again soon.
    tenant = Tenant(stack.dashboard, timeout_seconds=10)
    sender = Sender(stack.ingress, tenant.inbound_path, PER_SECOND)
    sender.start()
    for name, fault in faults():
        flowing(stack, sender, "before the fault")
        accepted, refused = sender.counts()
        fault(stack)
        took = flowing(stack, sender, f"after: {name}")
        accepted_now, refused_now = sender.counts()
        say(f"{name}: {accepted_now - accepted} acknowledged meanwhile, {dict(refused_now - refused)} not; "
            f"flowing again {took:.0f} s after its end")
    sender.stop()
    all_delivered(stack, tenant, sender, within=1200)
    for service in stack.services():
        if service != "migrate":
            wait(f"{service} is healthy", lambda: stack.is_well(service))


def flowing(stack, sender, when):
    """Waits until a second's worth of events was acknowledged and as many delivered."""
    accepted, delivered = sender.counts()[0], received(stack)["events"]

    def flows():
        return sender.counts()[0] > accepted + PER_SECOND and received(stack)["events"] > delivered + PER_SECOND

    try:
        return wait("events flow", flows, RECOVERS_WITHIN)
    except Failure as failure:
        raise Failure(f"{when}: {failure}; refused: {dict(sender.counts()[1])}; handler: {received(stack)}") from None
