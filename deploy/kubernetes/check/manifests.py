"""What kustomize makes of a folder, and how to look things up in it."""

import copy
import os
import pathlib
import subprocess
import tempfile

import yaml

KUBERNETES = pathlib.Path(__file__).resolve().parent.parent
ROOT = KUBERNETES.parent.parent
# scripts/check-manifests finds it: `kubectl kustomize` or `kustomize build`.
KUSTOMIZE = os.environ.get("KUSTOMIZE", "kubectl kustomize").split()


class Manifests:
    """The documents of one rendering."""

    def __init__(self, documents):
        self.documents = documents

    def of(self, *kinds):
        return [document for document in self.documents if document["kind"] in kinds]

    def find(self, kind, name):
        return next(found for found in self.of(kind) if name_of(found) == name)

    def copy(self):
        return Manifests(copy.deepcopy(self.documents))

    def workloads(self):
        return [Workload(found) for found in self.of("Deployment", "StatefulSet", "Job")]

    def services(self):
        """AnyHook's own four."""
        return [found for found in self.workloads() if found.is_ours and found.document["kind"] == "Deployment"]

    def config(self):
        maps = [found for found in self.of("ConfigMap") if name_of(found).startswith("anyhook-config-")]
        return maps[0]["data"]


class Workload:
    """A document that makes pods."""

    def __init__(self, document):
        self.document = document
        self.name = name_of(document)
        self.pod = document["spec"]["template"]["spec"]
        self.labels = document["spec"]["template"]["metadata"]["labels"]
        self.containers = self.pod["containers"] + self.pod.get("initContainers", [])
        self.is_ours = self.labels["app.kubernetes.io/name"] == "anyhook"
        self.component = self.labels.get("app.kubernetes.io/component")

    def env(self):
        """Plain settings of the one container; those of the ConfigMap are not among them."""
        return {entry["name"]: entry.get("value") for entry in self.containers[0].get("env", [])}

    def ports(self):
        return {port["name"]: port["containerPort"] for found in self.containers for port in found.get("ports", [])}

    def secrets(self):
        """(secret, key) of every reference; the key is None where the whole Secret is mounted."""
        for container in self.containers:
            for entry in container.get("env", []):
                reference = entry.get("valueFrom", {}).get("secretKeyRef")
                if reference:
                    yield reference["name"], reference["key"]
        yield from self.mounted_secrets()

    def mounted_secrets(self):
        for volume in self.pod.get("volumes", []):
            if "secret" in volume:
                yield volume["secret"]["secretName"], None


def name_of(document):
    return document["metadata"]["name"]


def parse(text):
    return Manifests([document for document in yaml.safe_load_all(text) if document])


def render(folder):
    done = subprocess.run([*KUSTOMIZE, str(folder)], capture_output=True, text=True, check=False)
    if done.returncode != 0 or done.stderr:
        raise AssertionError(f"{' '.join(KUSTOMIZE)} {folder}:\n{done.stderr}")
    return parse(done.stdout)


def render_with(folder, component):
    """The folder and a component that it leaves out."""
    with tempfile.TemporaryDirectory() as elsewhere:
        here = pathlib.Path(elsewhere).resolve()
        way = os.path.relpath(KUBERNETES, here)
        text = {"resources": [f"{way}/{folder}"], "components": [f"{way}/{component}"], "namespace": "anyhook"}
        (here / "kustomization.yaml").write_text(yaml.safe_dump(text))
        return render(here)


def everything():
    overlays = sorted(path.name for path in (KUBERNETES / "overlays").iterdir())
    found = {name: render(KUBERNETES / "overlays" / name) for name in overlays}
    found["base"] = render(KUBERNETES / "base")
    for component in ("telemetry", "mail", "oidc"):
        found[component] = render_with("overlays/production", f"components/{component}")
    return found
