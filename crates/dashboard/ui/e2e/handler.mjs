// A webhook handler whose answers a journey decides.
import { createServer } from "node:http";

export async function startHandler() {
  const answers = new Map();
  const received = [];
  const server = createServer((request, response) => {
    const pieces = [];
    request.on("data", (piece) => pieces.push(piece));
    request.on("end", () => {
      const path = request.url.split("?")[0];
      const body = Buffer.concat(pieces).toString();
      received.push({ path, url: request.url, headers: request.headers, body });
      const { status = 200, text = '{"ok":true}', afterMs = 0 } = answers.get(path) ?? {};
      setTimeout(() => {
        response.writeHead(status, { "content-type": "application/json" });
        response.end(text);
      }, afterMs);
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const base = `http://127.0.0.1:${server.address().port}`;
  return {
    url: (path) => `${base}${path}`,
    answer: (path, answer) => answers.set(path, answer),
    received: (path) => received.filter((it) => it.path === path),
    stop: () => server.closeAllConnections() ?? server.close(),
  };
}
