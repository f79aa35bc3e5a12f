"""Rules for the NetworkPolicies: who reaches whom, and what of the outside. Each returns what breaks it."""

import ipaddress
import re

from manifests import ROOT
from references import matches

SERVICES = ("tenants", "ingress", "delivery", "dashboard")
TENANTS_CALLERS = ("ingress", "delivery", "dashboard")
# Which of AnyHook's parts calls which, and where; tenants sends users' test events.
CALLS = {*((caller, "tenants", 4402) for caller in TENANTS_CALLERS), ("tenants", "ingress", 4401)}
# Where a destination or a mail server may be at any port, and a provider's key at that of https.
OUTSIDE = {"delivery": [80, 443, 8443], "ingress": [443], "tenants": [80, 443, 8443]}
# Beyond what the guard names: what its positive rule leaves out by itself, and addresses that attackers ask for.
NOT_PUBLIC = [
    "0.0.0.1", "10.1.2.3", "100.64.0.1", "127.0.0.1", "168.63.129.16", "169.254.169.254", "172.16.0.1",
    "172.31.255.255", "192.0.0.192", "192.168.1.1", "198.18.0.1", "224.0.0.1", "239.255.255.255", "240.0.0.1",
    "255.255.255.255", "::1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "fc00::1", "fd00:ec2::254", "fe80::1",
    "ff02::1", "2002:a00:1::1",
]
PUBLIC = ["1.1.1.1", "8.8.8.8", "93.184.215.14", "223.255.255.1", "2606:4700:4700::1111", "2a00:1450:4001::1"]
DNS = {"namespace": {"kubernetes.io/metadata.name": "kube-system"}, "labels": {"k8s-app": "kube-dns"}}
HOME = {"kubernetes.io/metadata.name": "anyhook"}


def guarded():
    """The ranges that crates/egress reserves."""
    text = (ROOT / "crates/egress/src/address.rs").read_text()
    v4 = re.findall(r"^    v4\((\d+), (\d+), (\d+), (\d+), (\d+)\)", text, re.MULTILINE)
    v6 = re.findall(r"^    v6\((\w+), (\w+), (\w+), (\d+)\)", text, re.MULTILINE)
    ranges = [f"{a}.{b}.{c}.{d}/{bits}" for a, b, c, d, bits in v4]
    ranges += [f"{int(a, 16):x}:{int(b, 16):x}:{int(c, 16):x}::/{bits}" for a, b, c, bits in v6]
    if len(v4) < 17 or len(v6) < 5:
        raise AssertionError("the ranges of crates/egress/src/address.rs are not where they were")
    return [ipaddress.ip_network(text) for text in ranges]


def peers(manifests, labels, direction):
    """(peer, ports) that the policies for these labels allow, or None where no policy restricts them."""
    restricting, allowed = False, []
    for policy in manifests.of("NetworkPolicy"):
        spec = policy["spec"]
        if direction in spec["policyTypes"] and matches(spec["podSelector"], labels):
            restricting = True
            for rule in spec.get(direction.lower(), []):
                whom = rule.get("from" if direction == "Ingress" else "to")
                allowed += [(peer, rule.get("ports")) for peer in (whom if whom is not None else [{}])]
    return allowed if restricting else None


def allows(manifests, labels, direction, other, port):
    """Whether a pod may be reached by (Ingress) or reach (Egress) the other: a pod or an address."""
    allowed = peers(manifests, labels, direction)
    if allowed is None:
        return True
    return any(is_peer(peer, other) and is_port(ports, port) for peer, ports in allowed)


def is_peer(peer, other):
    if "address" in other:
        return "ipBlock" in peer and is_in(peer["ipBlock"], other["address"])
    if not peer:
        return True
    if "ipBlock" in peer:
        return False
    namespace = other.get("namespace", HOME)
    in_namespace = matches(peer["namespaceSelector"], namespace) if "namespaceSelector" in peer else namespace == HOME
    return in_namespace and matches(peer.get("podSelector", {}), other["labels"])


def is_port(ports, port):
    protocol, number = port
    if ports is None:
        return True
    return any(found.get("protocol", "TCP") == protocol and found.get("port", number) == number for found in ports)


def is_in(block, address):
    def holds(cidr):
        network = ipaddress.ip_network(cidr)
        return network.version == address.version and address in network

    return holds(block["cidr"]) and not any(holds(cidr) for cidr in block.get("except", []))


def denies_by_default(manifests):
    for direction in ("Ingress", "Egress"):
        if peers(manifests, {"app": "a stranger"}, direction) != []:
            yield f"what no policy names is not denied ({direction})"


def allows_what_is_needed(manifests):
    by_component = {found.component: found.labels for found in manifests.workloads() if found.is_ours}
    for component, labels in by_component.items():
        for protocol in ("UDP", "TCP"):
            if not allows(manifests, labels, "Egress", DNS, (protocol, 53)):
                yield f"{component} cannot look names up over {protocol}"
    for source, target, port in sorted(CALLS):
        if not reaches(manifests, by_component[source], by_component[target], port):
            yield f"{source} cannot call {target}"


def reaches(manifests, source, target, port):
    out = allows(manifests, source, "Egress", {"labels": target}, ("TCP", port))
    return out and allows(manifests, target, "Ingress", {"labels": source}, ("TCP", port))


def allows_no_more(manifests):
    """Between AnyHook's own pods: what calls what, and nothing else."""
    ours = [found for found in manifests.workloads() if found.is_ours]
    for source in ours:
        for target in ours:
            for port in (4400, 4401, 4402, 4403, 4404, 9999):
                wanted = (source.component, target.component, port) in CALLS
                if not wanted and reaches(manifests, source.labels, target.labels, port):
                    yield f"{source.name} reaches {target.name}:{port}"
    stranger = {"labels": {"app": "a stranger"}, "namespace": {"kubernetes.io/metadata.name": "elsewhere"}}
    for target in ours:
        for port in (4402, 4403, 4404):
            if allows(manifests, target.labels, "Ingress", stranger, ("TCP", port)):
                yield f"strangers reach {target.name}:{port}"


def reaches_its_servers(manifests):
    """Where the servers are among the manifests: each is reached by whom it serves, and by nobody else."""
    servers = {found.name: found for found in manifests.workloads() if not found.is_ours}
    uses = {"postgres": (*SERVICES, "migrate"), "redis": SERVICES, "rabbitmq": TENANTS_CALLERS}
    for name, server in servers.items():
        (port,) = server.ports().values()
        for source in manifests.workloads():
            is_wanted = source.is_ours and source.component in uses[name]
            if reaches(manifests, source.labels, server.labels, port) != is_wanted:
                yield f"{source.name} {'cannot reach' if is_wanted else 'reaches'} {name}"


def goes_outside_as_it_may(manifests):
    """Delivery and tenants reach what is public on any port, ingress only over https, the others nothing public."""
    for workload in manifests.workloads():
        wanted = OUTSIDE.get(workload.component, []) if workload.is_ours else []
        for text in PUBLIC:
            def is_reached(port, address=ipaddress.ip_address(text)):
                return allows(manifests, workload.labels, "Egress", {"address": address}, ("TCP", port))

            reached = list(filter(is_reached, (80, 443, 8443)))
            if reached != wanted:
                yield f"{workload.name} reaches {text} on the ports {reached}"
        if allows(manifests, workload.labels, "Egress", {"address": ipaddress.ip_address("8.8.8.8")}, ("UDP", 53)):
            yield f"{workload.name} asks a stranger for names"


def keeps_from_what_is_not_public(manifests):
    edges = [ip for network in guarded() for ip in (network[0], network[-1])]
    addresses = edges + [ipaddress.ip_address(text) for text in NOT_PUBLIC]
    for workload in manifests.workloads():
        for address in addresses:
            if any(allows(manifests, workload.labels, "Egress", {"address": address}, ("TCP", port)) for port in (80, 443)):
                yield f"{workload.name} reaches {address}"


RULES = [
    denies_by_default,
    allows_what_is_needed,
    allows_no_more,
    reaches_its_servers,
    goes_outside_as_it_may,
    keeps_from_what_is_not_public,
]
