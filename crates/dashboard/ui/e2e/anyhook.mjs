// A real `anyhook up` on a folder that is thrown away.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const PATIENCE_MS = 60_000;

/** Who operates the installation, once the address is verified. */
export const OPERATOR = "operator@example.com";

/** The newest build, unless ANYHOOK names another. */
function program() {
  if (process.env.ANYHOOK) return process.env.ANYHOOK;
  const target = fileURLToPath(new URL("../../../../target", import.meta.url));
  const built = ["release", "debug"].map((kind) => join(target, kind, "anyhook")).filter((it) => existsSync(it));
  built.sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs);
  if (!built[0]) throw new Error("there is no anyhook yet: cargo build -p anyhook");
  return built[0];
}

export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

export async function startAnyhook() {
  const folder = mkdtempSync(join(tmpdir(), "anyhook-e2e-"));
  const [ingress, dashboard] = [await freePort(), await freePort()];
  const base = `http://127.0.0.1:${dashboard}`;
  const settings = {
    "data-dir": folder,
    "ingress-addr": `127.0.0.1:${ingress}`,
    "dashboard-addr": `127.0.0.1:${dashboard}`,
    // Travellers come from addresses of their own: from one, only so many may sign up.
    "trusted-proxies": "127.0.0.1/32",
    operators: OPERATOR,
  };
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
  const child = spawn(program(), ["up", ...args], { stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (said = (said + text).slice(-20_000)));
  const ended = new Promise((resolve) => child.on("exit", resolve));
  const stop = async () => {
    child.kill("SIGTERM");
    const killing = setTimeout(() => child.kill("SIGKILL"), 5_000);
    await ended;
    clearTimeout(killing);
    rmSync(folder, { recursive: true, force: true });
  };
  const until = Date.now() + PATIENCE_MS;
  while (
    !(await fetch(`${base}/readyz`).then(
      (it) => it.ok,
      () => false,
    ))
  ) {
    if (Date.now() > until || child.exitCode !== null) {
      await stop();
      throw new Error(`anyhook did not start:\n${said}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return { base, folder, ingress: `http://127.0.0.1:${ingress}`, stop };
}
