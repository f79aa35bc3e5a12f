"""The services in their containers, under a project name, ports and secrets of the test's own."""

import json
import os
import socket
import subprocess
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FILES = ["docker-compose.yml", "deploy/compose/test/docker-compose.yml"]
PRIVATE = "10.0.0.0/8,172.16.0.0/12,192.168.0.0/16"


class Failure(Exception):
    """What a person should read when the test fails."""


def say(text):
    print(f"{time.strftime('%H:%M:%S')}  {text}", flush=True)


def run(*command, with_errors=False):
    """Runs a command and returns what it printed; its failure is the test's."""
    done = subprocess.run(command, cwd=ROOT, text=True, stdin=subprocess.DEVNULL, capture_output=True)
    if done.returncode:
        # A build's output is long, and its end says why it failed.
        said = (done.stdout + done.stderr).splitlines()[-30:]
        raise Failure("\n".join([f"{' '.join(command)} failed:", *said]))
    return (done.stdout + (done.stderr if with_errors else "")).strip()


def wait(what, holds, within=120.0, every=0.5):
    """Waits until `holds()` is true, and returns how long that took."""
    begun = time.monotonic()
    while not holds():
        if time.monotonic() - begun > within:
            raise Failure(f"waited {within:.0f} s in vain until {what}")
        time.sleep(every)
    return time.monotonic() - begun


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Stack:
    """One `docker compose` project. Leaving it removes containers and volumes."""

    def __init__(self):
        self.project = f"anyhook-test-{os.getpid()}"
        self.folder = tempfile.TemporaryDirectory(prefix=f"{self.project}.")
        self.env_file = Path(self.folder.name, "env")
        self.dashboard, self.ingress, self.handler = (f"127.0.0.1:{free_port()}" for _ in range(3))
        self.command = self._command()

    def _command(self):
        new = subprocess.run(["docker", "compose", "version"], capture_output=True).returncode == 0
        command = ["docker", "compose"] if new else ["docker-compose"]
        files = [part for file in FILES for part in ("--file", file)]
        return [*command, "--project-name", self.project, "--project-directory", str(ROOT), *files,
                "--env-file", str(self.env_file)]

    def settings(self):
        self.env_file.touch(mode=0o600)
        self.env_file.write_text("".join(f"{name}={value}\n" for name, value in {
            "ANYHOOK_PUBLISH_DASHBOARD": self.dashboard,
            "ANYHOOK_PUBLISH_INGRESS": self.ingress,
            "ANYHOOK_TEST_HANDLER": self.handler,
            "ANYHOOK_PUBLIC_DASHBOARD_URL": f"http://{self.dashboard}",
            "ANYHOOK_PUBLIC_INGRESS_URL": f"http://{self.ingress}",
            "ANYHOOK_ALLOW_DESTINATIONS": PRIVATE,
            "ANYHOOK_DEFAULT_PLAN": "unlimited",
        }.items()))
        # The secrets, as at the first `make up`.
        run("bash", "-c", 'source scripts/compose/common && settings "$1"', "-", str(self.env_file))

    def compose(self, *arguments):
        return run(*self.command, *arguments)

    def __enter__(self):
        self.settings()
        return self

    def __exit__(self, *_):
        say("removing the containers and their volumes")
        self.compose("down", "--volumes", "--remove-orphans", "--timeout", "5")
        self.folder.cleanup()

    def up(self):
        self.compose("build")
        self.compose("up", "--detach")
        for service in self.services():
            if service != "migrate":
                wait(f"{service} is healthy", lambda: self.is_well(service))

    def services(self):
        return self.compose("config", "--services").split()

    def container(self, service):
        # A stopped one, too.
        names = run("docker", "ps", "--all", "--quiet", "--filter", f"label=com.docker.compose.project={self.project}",
                    "--filter", f"label=com.docker.compose.service={service}").split()
        if len(names) != 1:
            raise Failure(f"{service} has {len(names)} containers, but should have one")
        return names[0]

    def state(self, service):
        return json.loads(run("docker", "inspect", "--format", "{{json .State}}", self.container(service)))

    def is_well(self, service):
        """Runs, and is healthy if it has a check."""
        state = self.state(service)
        return state["Running"] and state.get("Health", {}).get("Status", "healthy") == "healthy"

    def crash(self, service):
        """Kills the service's process from outside: Docker does not start again what `docker kill` killed."""
        before = self.state(service)
        run("docker", "run", "--rm", "--pid", "host", "debian:bookworm-slim",
            "bash", "-c", f"kill -KILL {before['Pid']}")
        wait(f"{service} was started again",
             lambda: self.state(service)["StartedAt"] != before["StartedAt"] and self.is_well(service))

    def docker(self, *arguments):
        return run("docker", *arguments)

    def log(self, service):
        return run("docker", "logs", self.container(service), with_errors=True)

    def complaints(self):
        """What the services log, without the steps that went well."""
        lines = self.compose("logs", "--no-color", "--tail", "400").splitlines()
        return "\n".join(line for line in lines if '"level":"INFO"' not in line)
