"""Rules for pods: what they may do, what they need, when they end. Each rule returns what breaks it."""

import re

RESOURCES = [(kind, what) for kind in ("requests", "limits") for what in ("cpu", "memory")]
# Attempts take 300 s, and whoever is asked to stop finishes them within 330 s.
DELIVERY_GRACE = 330


def is_restricted(manifests):
    """The pod security standard `restricted`, and beyond it a read-only root and no token of the cluster's API."""
    for workload in manifests.workloads():
        for wanted, found in [*pod_security(workload), *container_security(workload)]:
            if not found:
                yield f"{workload.name}: {wanted}"
    labels = manifests.of("Namespace")[0]["metadata"]["labels"]
    for mode in ("enforce", "audit", "warn"):
        if labels.get(f"pod-security.kubernetes.io/{mode}") != "restricted":
            yield f"the namespace does not {mode} restricted pods"


def pod_security(workload):
    context = workload.pod.get("securityContext", {})
    kinds = {kind for volume in workload.pod.get("volumes", []) for kind in volume if kind != "name"}
    return [
        ("runAsNonRoot", context.get("runAsNonRoot") is True),
        ("runAsUser is not root's", context.get("runAsUser", 0) > 0),
        ("seccompProfile RuntimeDefault", context.get("seccompProfile", {}).get("type") == "RuntimeDefault"),
        ("automountServiceAccountToken false", workload.pod.get("automountServiceAccountToken") is False),
        ("enableServiceLinks false", workload.pod.get("enableServiceLinks") is False),
        ("nothing of the host's", not {"hostNetwork", "hostPID", "hostIPC"} & set(workload.pod)),
        ("no volumes of the host's", kinds <= {"secret", "configMap", "emptyDir"}),
    ]


def container_security(workload):
    for container in workload.containers:
        context = container.get("securityContext", {})
        yield "allowPrivilegeEscalation false", context.get("allowPrivilegeEscalation") is False
        yield "readOnlyRootFilesystem", context.get("readOnlyRootFilesystem") is True
        yield "drops ALL capabilities", context.get("capabilities") == {"drop": ["ALL"]}
        yield "no privileges, no user of its own", not {"privileged", "runAsUser", "runAsNonRoot"} & set(context)
        yield "no ports of the host's", all("hostPort" not in port for port in container.get("ports", []))


def has_probes(manifests):
    for workload in manifests.workloads():
        if workload.document["kind"] == "Job":
            continue
        for kind in ("livenessProbe", "readinessProbe"):
            if kind not in workload.containers[0]:
                yield f"{workload.name} has no {kind}"
        yield from wrong_probes(workload)
        if workload.is_ours and startup_seconds(workload) <= 60:
            yield f"{workload.name} is killed while it waits for the schema"


def wrong_probes(workload):
    container = workload.containers[0]
    for kind in ("startupProbe", "livenessProbe", "readinessProbe"):
        probe = container.get(kind, {})
        target = probe.get("httpGet") or probe.get("tcpSocket") or {}
        if target and target["port"] not in workload.ports():
            yield f"{workload.name}: the {kind} asks a port that is not there"
        wanted = "/readyz" if kind == "readinessProbe" else "/healthz"
        if workload.is_ours and target.get("path") != wanted:
            yield f"{workload.name}: the {kind} does not ask {wanted}"


def startup_seconds(workload):
    probe = workload.containers[0].get("startupProbe", {})
    return probe.get("periodSeconds", 10) * probe.get("failureThreshold", 3)


def has_resources(manifests):
    for workload in manifests.workloads():
        for container in workload.containers:
            for kind, what in RESOURCES:
                if what not in container.get("resources", {}).get(kind, {}):
                    yield f"{workload.name}: {kind} of {what} are not said"


# After the grace: what was cut off is handed back, and the last hints are published.
WINDS_UP_WITHIN = 7


def ends_in_time(manifests):
    """The platform waits for longer than the process takes."""
    delay = seconds(manifests.config()["ANYHOOK_SHUTDOWN_DELAY"])
    for workload in manifests.services():
        grace = seconds(workload.env()["ANYHOOK_SHUTDOWN_GRACE"])
        if workload.pod["terminationGracePeriodSeconds"] <= delay + grace + WINDS_UP_WITHIN:
            yield f"{workload.name} is killed before its {delay} s, {grace} s and {WINDS_UP_WITHIN} s are over"
        if workload.component == "delivery" and grace < DELIVERY_GRACE:
            yield f"{workload.name} cuts attempts off after {grace} s"


def seconds(text):
    return int(re.fullmatch(r"(\d+)s", text).group(1))


def has_one_image(manifests):
    images = {found["image"] for workload in manifests.workloads() if workload.is_ours for found in workload.containers}
    if len(images) != 1:
        yield f"AnyHook's pods run {sorted(images)}"
    for workload in manifests.workloads():
        for container in workload.containers:
            tag = container["image"].rpartition("/")[2].partition(":")[2]
            if tag in ("", "latest"):
                yield f"{workload.name}: {container['image']} is another image tomorrow"


def runs_its_subcommand(manifests):
    for workload in manifests.workloads():
        if workload.is_ours and workload.containers[0].get("args") != [workload.component]:
            yield f"{workload.name} does not run `anyhook {workload.component}`"


def listens_where_it_says(manifests):
    for workload in manifests.services():
        settings = {name: value for name, value in workload.env().items() if name.endswith("_ADDR")}
        bound = sorted(int(value.rpartition(":")[2]) for value in settings.values())
        if bound != sorted(workload.ports().values()):
            yield f"{workload.name} listens on {bound} and declares {sorted(workload.ports().values())}"


RULES = [
    is_restricted,
    has_probes,
    has_resources,
    ends_in_time,
    has_one_image,
    runs_its_subcommand,
    listens_where_it_says,
]
