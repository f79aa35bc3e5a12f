"""For every rule at least one change to the manifests that breaks it: (rule, rendering, change)."""

import network
import pods
import references
import schema

BREAKAGES = []


def breaks(rule, where="production"):
    def add(change):
        BREAKAGES.append((rule, where, change))
        return change

    return add


def workload(manifests, component):
    return next(found for found in manifests.workloads() if component in (found.component, found.name))


def policy(manifests, name):
    return manifests.find("NetworkPolicy", name)["spec"]


def container(manifests, component):
    return workload(manifests, component).containers[0]


def set_env(manifests, component, name, value):
    next(entry for entry in container(manifests, component)["env"] if entry["name"] == name)["value"] = value


@breaks(schema.follows_the_schema)
def a_misspelt_field(manifests):
    pod = workload(manifests, "delivery").pod
    pod["terminationGracePeriodSecond"] = pod.pop("terminationGracePeriodSeconds")


@breaks(schema.follows_the_schema)
def a_number_as_a_text(manifests):
    container(manifests, "ingress")["ports"][0]["containerPort"] = "4401"


@breaks(schema.follows_the_schema)
def a_field_of_another_kind(manifests):
    policy(manifests, "default-deny")["selector"] = {}


@breaks(schema.follows_the_schema)
def a_variable_that_is_a_number(manifests):
    set_env(manifests, "delivery", "ANYHOOK_MAX_IN_FLIGHT", 1000)


@breaks(pods.is_restricted)
def root(manifests):
    workload(manifests, "ingress").pod["securityContext"]["runAsUser"] = 0


@breaks(pods.is_restricted, "small")
def a_server_with_a_writable_root(manifests):
    container(manifests, "postgres")["securityContext"]["readOnlyRootFilesystem"] = False


@breaks(pods.is_restricted)
def a_capability(manifests):
    container(manifests, "migrate")["securityContext"]["capabilities"]["add"] = ["NET_ADMIN"]


@breaks(pods.is_restricted)
def a_lenient_namespace(manifests):
    manifests.of("Namespace")[0]["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] = "baseline"


@breaks(pods.has_probes)
def no_probe(manifests):
    del container(manifests, "dashboard")["readinessProbe"]


@breaks(pods.has_probes)
def liveness_that_asks_the_database(manifests):
    container(manifests, "dashboard")["livenessProbe"]["httpGet"]["path"] = "/readyz"


@breaks(pods.has_resources)
def no_limit(manifests):
    del container(manifests, "migrate")["resources"]["limits"]["memory"]


@breaks(pods.ends_in_time)
def a_grace_that_is_too_short(manifests):
    workload(manifests, "delivery").pod["terminationGracePeriodSeconds"] = 340


@breaks(pods.ends_in_time)
def attempts_that_are_cut_off(manifests):
    set_env(manifests, "delivery", "ANYHOOK_SHUTDOWN_GRACE", "60s")


@breaks(pods.has_one_image)
def another_version(manifests):
    container(manifests, "migrate")["image"] += "-rc1"


@breaks(pods.has_one_image, "small")
def an_image_without_a_tag(manifests):
    container(manifests, "redis")["image"] = "redis"


@breaks(pods.runs_its_subcommand)
def another_subcommand(manifests):
    container(manifests, "ingress")["args"] = ["up"]


@breaks(pods.listens_where_it_says)
def another_port(manifests):
    set_env(manifests, "tenants", "ANYHOOK_HEALTH_ADDR", "0.0.0.0:4403")


@breaks(references.has_documented_secrets)
def an_unknown_secret(manifests):
    container(manifests, "ingress")["env"][-1]["valueFrom"] = {"secretKeyRef": {"name": "anyhook-amqp", "key": "uri"}}


@breaks(references.has_documented_secrets)
def a_secret_in_the_tree(manifests):
    manifests.documents.append({"kind": "Secret", "metadata": {"name": "anyhook-amqp"}})


@breaks(references.has_files_of_secrets)
def a_file_that_is_not_mounted(manifests):
    set_env(manifests, "ingress", "ANYHOOK_SERVICE_TOKEN_FILE", "/run/secrets/token")


@breaks(references.keeps_the_master_key)
def another_holder(manifests):
    volume = {"name": "key", "secret": {"secretName": "anyhook-master-key"}}
    workload(manifests, "dashboard").pod["volumes"].append(volume)


@breaks(references.has_pods_behind_services)
def nobody_behind_a_service(manifests):
    manifests.find("Service", "anyhook-tenants")["spec"]["selector"]["app.kubernetes.io/component"] = "tenant"


@breaks(references.has_pods_behind_services, "small")
def a_port_that_nobody_has(manifests):
    manifests.find("Service", "postgres")["spec"]["ports"][0]["targetPort"] = "sql"


@breaks(references.has_config_maps)
def settings_of_another_rendering(manifests):
    container(manifests, "ingress")["envFrom"][0]["configMapRef"]["name"] = "anyhook-config"


@breaks(references.survives_a_drain)
def no_budget(manifests):
    manifests.documents.remove(manifests.find("PodDisruptionBudget", "anyhook-delivery"))


@breaks(references.survives_a_drain)
def a_rollout_that_takes_first(manifests):
    manifests.find("Deployment", "anyhook-ingress")["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] = 1


@breaks(references.survives_a_drain)
def all_pods_on_one_node(manifests):
    del workload(manifests, "tenants").pod["topologySpreadConstraints"][1]


@breaks(references.scales)
def two_who_decide(manifests):
    manifests.find("Deployment", "anyhook-ingress")["spec"]["replicas"] = 3


@breaks(references.scales)
def an_autoscaler_of_nothing(manifests):
    manifests.find("HorizontalPodAutoscaler", "anyhook-delivery")["spec"]["scaleTargetRef"]["name"] = "delivery"


@breaks(references.has_hosts)
def another_host(manifests):
    manifests.find("Ingress", "anyhook-hooks")["spec"]["rules"][0]["host"] = "in.example.com"


@breaks(references.has_hosts)
def no_tls(manifests):
    del manifests.find("Ingress", "anyhook-dashboard")["spec"]["tls"]


@breaks(references.calls_a_service)
def a_short_name(manifests):
    set_env(manifests, "tenants", "ANYHOOK_INGRESS_URL", "http://anyhook-ingress:4401")


@breaks(references.calls_a_service)
def a_service_that_is_not_there(manifests):
    set_env(manifests, "tenants", "ANYHOOK_INGRESS_URL", "http://ingress.anyhook.svc.cluster.local:4401")


@breaks(network.denies_by_default)
def one_direction_only(manifests):
    policy(manifests, "default-deny")["policyTypes"] = ["Ingress"]


@breaks(network.allows_what_is_needed)
def no_names(manifests):
    manifests.documents.remove(manifests.find("NetworkPolicy", "anyhook-dns"))


@breaks(network.allows_what_is_needed)
def a_caller_that_is_shut_out(manifests):
    (caller,) = policy(manifests, "anyhook-tenants-callers")["ingress"][0]["from"]
    caller["podSelector"]["matchExpressions"][0]["values"].pop()


@breaks(network.allows_what_is_needed)
def no_way_for_test_events(manifests):
    manifests.documents.remove(manifests.find("NetworkPolicy", "anyhook-ingress-from-tenants"))


@breaks(network.allows_no_more)
def tenants_for_everybody(manifests):
    policy(manifests, "anyhook-tenants-callers")["ingress"] = [{}]


@breaks(network.allows_no_more, "small")
def every_port_from_outside(manifests):
    del policy(manifests, "anyhook-from-outside")["ingress"][0]["ports"]
    policy(manifests, "anyhook-to-tenants")["egress"].append({})


@breaks(network.reaches_its_servers, "small")
def no_way_to_the_database(manifests):
    manifests.documents.remove(manifests.find("NetworkPolicy", "anyhook-to-postgres"))


@breaks(network.reaches_its_servers, "small")
def a_broker_for_everybody(manifests):
    policy(manifests, "rabbitmq-callers")["ingress"] = [{}]
    policy(manifests, "anyhook-to-rabbitmq")["podSelector"] = {}


@breaks(network.goes_outside_as_it_may)
def no_way_outside(manifests):
    manifests.documents.remove(manifests.find("NetworkPolicy", "anyhook-delivery-outside"))


@breaks(network.goes_outside_as_it_may)
def everybody_goes_outside(manifests):
    policy(manifests, "anyhook-delivery-outside")["podSelector"] = {}


@breaks(network.goes_outside_as_it_may)
def no_way_to_keys(manifests):
    manifests.documents.remove(manifests.find("NetworkPolicy", "anyhook-keys-outside"))


@breaks(network.goes_outside_as_it_may)
def keys_at_any_port(manifests):
    del policy(manifests, "anyhook-keys-outside")["egress"][0]["ports"]


@breaks(network.keeps_from_what_is_not_public)
def keys_from_within(manifests):
    policy(manifests, "anyhook-keys-outside")["egress"][0]["to"][0]["ipBlock"]["except"].remove("10.0.0.0/8")


@breaks(network.keeps_from_what_is_not_public)
def the_metadata_service(manifests):
    policy(manifests, "anyhook-delivery-outside")["egress"][0]["to"][0]["ipBlock"]["except"].remove("169.254.0.0/16")


@breaks(network.keeps_from_what_is_not_public)
def all_of_ipv6(manifests):
    policy(manifests, "anyhook-delivery-outside")["egress"][0]["to"][1]["ipBlock"]["cidr"] = "::/0"
