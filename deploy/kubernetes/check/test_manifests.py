"""Holds every rule against every rendering, and every rule against manifests that break it.

Run it with scripts/check-manifests, which sets up what it needs."""

import re
import subprocess
import unittest

import manifests as rendering
import network
import pods
import references
import schema
from breakages import BREAKAGES
from manifests import KUBERNETES, ROOT

RULES = [*schema.RULES, *pods.RULES, *references.RULES, *network.RULES]


class Manifests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.renderings = rendering.everything()

    def test_keep_every_rule(self):
        self.assertLessEqual({"base", "small", "production", "telemetry", "mail", "oidc"}, set(self.renderings))
        for name, manifests in self.renderings.items():
            for rule in RULES:
                with self.subTest(rendering=name, rule=rule.__name__):
                    self.assertEqual([], list(rule(manifests)))

    def test_each_rule_notices_what_breaks_it(self):
        self.assertEqual({rule.__name__ for rule in RULES}, {rule.__name__ for rule, *_ in BREAKAGES})
        for rule, where, broken in BREAKAGES:
            with self.subTest(rule=rule.__name__, breakage=broken.__name__):
                copy = self.renderings[where].copy()
                broken(copy)
                self.assertNotEqual([], list(rule(copy)))

    def test_every_documented_secret_is_used(self):
        found = [references.used(manifests) for manifests in self.renderings.values()]
        self.assertEqual(set(references.documented()), {secret for uses in found for _, secret, _ in uses})


class Secrets(unittest.TestCase):
    def test_the_example_follows_the_schema(self):
        example = rendering.parse((KUBERNETES / "secrets.example.yaml").read_text())
        self.assertEqual([], list(schema.follows_the_schema(example)))

    def test_no_kustomization_reads_the_example(self):
        for path in KUBERNETES.rglob("kustomization.yaml"):
            lines = [line for line in path.read_text().splitlines() if not line.lstrip().startswith("#")]
            self.assertNotIn("secrets.example", "\n".join(lines), path)

    def test_the_small_overlay_gets_all_that_it_refers_to(self):
        script = KUBERNETES / "overlays/small/new-secrets"
        text = subprocess.run([script], capture_output=True, text=True, check=True).stdout
        made = rendering.parse(text)
        self.assertEqual([], list(schema.follows_the_schema(made)))
        keys = {rendering.name_of(secret): set(secret["stringData"]) for secret in made.of("Secret")}
        documented = references.documented()
        wanted = {secret for _, secret, _ in references.used(rendering.render(KUBERNETES / "overlays/small"))}
        self.assertEqual({secret: documented[secret] for secret in wanted}, keys)


class Page(unittest.TestCase):
    page = (ROOT / "docs/operating.md").read_text()

    def test_names_the_oldest_version(self):
        self.assertIn(f"Kubernetes {schema.VERSIONS[0]} or newer", self.page)

    def test_quotes_log_lines_that_there_are(self):
        table = self.page.partition("**Log lines**")[2].partition("\n## ")[0]
        cells = re.findall(r"^\| (`[^|]+) \|", table, re.MULTILINE)
        quoted = [line for cell in cells for line in re.findall("`([^`]+)`", cell)]
        self.assertGreater(len(quoted), 8)
        code = "".join(path.read_text() for path in (ROOT / "crates").glob("*/src/**/*.rs"))
        self.assertEqual([], [line for line in quoted if f'"{line}"' not in code])

    def test_counts_the_database_connections(self):
        production = rendering.render(KUBERNETES / "overlays/production")
        n_pods = sum(references.most_pods(production).values())
        n = 2 * n_pods * int(production.config()["ANYHOOK_DATABASE_CONNECTIONS"])
        self.assertIn(f"= {n} connections", self.page)


if __name__ == "__main__":
    unittest.main()
