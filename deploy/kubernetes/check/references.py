"""Rules for what names something else: Services, Secrets, budgets, autoscalers, hosts. Each returns what breaks it."""

from urllib.parse import urlsplit

import manifests as rendering
from manifests import KUBERNETES, name_of


def documented():
    """The keys of every Secret of the example."""
    text = (KUBERNETES / "secrets.example.yaml").read_text()
    return {name_of(secret): set(secret["stringData"]) for secret in rendering.parse(text).of("Secret")}


def used(manifests):
    """(who, secret, key) of every reference to a Secret."""
    for workload in manifests.workloads():
        for secret, key in workload.secrets():
            yield workload.name, secret, key
    for ingress in manifests.of("Ingress"):
        for tls in ingress["spec"].get("tls", []):
            yield name_of(ingress), tls["secretName"], None


def has_documented_secrets(manifests):
    known = documented()
    if manifests.of("Secret"):
        yield "a Secret is among the manifests: it would be in version control"
    for who, secret, key in used(manifests):
        if key not in known.get(secret, ()) and not (key is None and secret in known):
            yield f"{who} refers to {secret}/{key}, which secrets.example.yaml does not have"


def has_files_of_secrets(manifests):
    """Each `…_FILE` setting names a key of a Secret that is mounted there."""
    known = documented()
    for workload in manifests.workloads():
        keys = {}
        for mount in workload.containers[0].get("volumeMounts", []):
            volume = next((found for found in workload.pod["volumes"] if found["name"] == mount["name"]), {})
            for key in known.get(volume.get("secret", {}).get("secretName"), ()):
                keys[f"{mount['mountPath']}/{key}"] = key
        for name, value in workload.env().items():
            if name.endswith("_FILE") and value not in keys:
                yield f"{workload.name}: {name} names {value}, which no Secret puts there"


def keeps_the_master_key(manifests):
    """Only tenants' pods have it, and they do."""
    for workload in manifests.workloads():
        has_it = any(secret == "anyhook-master-key" for secret, _ in workload.secrets())
        is_told = any(name.startswith("ANYHOOK_MASTER_KEY") for name in workload.env())
        if (has_it, is_told) != (workload.component == "tenants",) * 2:
            yield f"{workload.name}: the master key is the tenants service's alone"


def matches(selector, labels):
    """A Service's selector is the labels themselves."""
    is_plain = not {"matchLabels", "matchExpressions"} & set(selector)
    wanted = selector if is_plain else selector.get("matchLabels", {})
    if any(labels.get(key) != value for key, value in wanted.items()):
        return False
    for term in selector.get("matchExpressions", []):
        if term["operator"] != "In":
            raise AssertionError(f"the check does not know the operator {term['operator']}")
        if labels.get(term["key"]) not in term["values"]:
            return False
    return True


def has_pods_behind_services(manifests):
    for service in manifests.of("Service"):
        behind = [found for found in manifests.workloads() if matches(service["spec"]["selector"], found.labels)]
        if len(behind) != 1:
            yield f"the Service {name_of(service)} selects {[found.name for found in behind]}"
        for port in service["spec"]["ports"]:
            if any(port["targetPort"] not in found.ports() for found in behind):
                yield f"the Service {name_of(service)} goes to a port that is not there"


def has_config_maps(manifests):
    known = {name_of(found) for found in manifests.of("ConfigMap")}
    for workload in manifests.workloads():
        sources = [source for found in workload.containers for source in found.get("envFrom", [])]
        names = [source["configMapRef"]["name"] for source in sources if "configMapRef" in source]
        names += [found["configMap"]["name"] for found in workload.pod.get("volumes", []) if "configMap" in found]
        yield from (f"{workload.name}: there is no ConfigMap {name}" for name in names if name not in known)


def survives_a_drain(manifests):
    """Budgets and spread for each service, rollouts without a gap."""
    for workload in manifests.services():
        budgets = [found["spec"] for found in manifests.of("PodDisruptionBudget")]
        mine = [found for found in budgets if matches(found["selector"], workload.labels)]
        if len(mine) != 1 or mine[0].get("maxUnavailable") != 1:
            yield f"{workload.name} has no PodDisruptionBudget that lets one pod go"
        rolling = workload.document["spec"]["strategy"]["rollingUpdate"]
        if rolling["maxUnavailable"] != 0 or rolling["maxSurge"] in (0, "0%"):
            yield f"{workload.name} loses capacity in a rollout"
        if spread(workload) != {"topology.kubernetes.io/zone", "kubernetes.io/hostname"}:
            yield f"{workload.name} is not spread over zones and nodes"


def spread(workload):
    constraints = workload.pod.get("topologySpreadConstraints", [])
    return {found["topologyKey"] for found in constraints if matches(found["labelSelector"], workload.labels)}


def scales(manifests):
    """An autoscaler has a Deployment, whose own number of pods would fight with it."""
    autoscalers = {found["spec"]["scaleTargetRef"]["name"]: found for found in manifests.of("HorizontalPodAutoscaler")}
    names = {workload.name for workload in manifests.services()}
    yield from (f"an autoscaler scales {name}, which is not there" for name in autoscalers.keys() - names)
    for workload in manifests.services():
        if workload.name in autoscalers and "replicas" in workload.document["spec"]:
            yield f"{workload.name} has a number of pods and an autoscaler"
    for name, autoscaler in autoscalers.items():
        if not 2 <= autoscaler["spec"]["minReplicas"] < autoscaler["spec"]["maxReplicas"]:
            yield f"{name} scales between numbers that make no sense"


def most_pods(manifests):
    """How many pods of each service there may be."""
    most = {found.name: found.document["spec"].get("replicas", 1) for found in manifests.services()}
    for autoscaler in manifests.of("HorizontalPodAutoscaler"):
        most[autoscaler["spec"]["scaleTargetRef"]["name"]] = autoscaler["spec"]["maxReplicas"]
    return most


def has_hosts(manifests):
    """The Ingresses name the hosts of the public URLs, and go to Services that are there."""
    config = manifests.config()
    public = {
        "anyhook-ingress": urlsplit(config["ANYHOOK_PUBLIC_INGRESS_URL"]),
        "anyhook-dashboard": urlsplit(config["ANYHOOK_PUBLIC_DASHBOARD_URL"]),
    }
    for ingress in manifests.of("Ingress"):
        secured = [host for tls in ingress["spec"].get("tls", []) for host in tls["hosts"]]
        for rule in ingress["spec"]["rules"]:
            service = rule["http"]["paths"][0]["backend"]["service"]
            url = public[service["name"]]
            ports = [port["name"] for port in manifests.find("Service", service["name"])["spec"]["ports"]]
            if rule["host"] != url.hostname or (url.scheme == "https") != (rule["host"] in secured):
                yield f"{name_of(ingress)}: the settings say {url.geturl()}"
            if service["port"]["name"] not in ports:
                yield f"{name_of(ingress)} goes to a port that is not there"


def calls_a_service(manifests):
    """Test events go to a Service that is there, by its whole name: AnyHook's resolver knows no search domains."""
    for workload in manifests.services():
        if url := workload.env().get("ANYHOOK_INGRESS_URL"):
            called = urlsplit(url)
            service, namespace, kind, domain = (*called.hostname.split(".", 3), "", "", "")[:4]
            found = [it for it in manifests.of("Service") if it["metadata"]["name"] == service]
            ports = [port["port"] for it in found for port in it["spec"]["ports"]]
            if (namespace, kind) != ("anyhook", "svc") or not domain or called.port not in ports:
                yield f"{workload.name}: ANYHOOK_INGRESS_URL {url} is no Service's whole name and port"


RULES = [
    has_documented_secrets,
    has_files_of_secrets,
    keeps_the_master_key,
    has_pods_behind_services,
    has_config_maps,
    survives_a_drain,
    scales,
    has_hosts,
    calls_a_service,
]
