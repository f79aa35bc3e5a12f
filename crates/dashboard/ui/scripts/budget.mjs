// Refuses a build whose first load is larger than 250 KiB, compressed as browsers get it, fonts and all; then
// compresses what is served, so that the server need not.
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const MOST = 250 * 1024;
const dist = fileURLToPath(new URL("../dist/", import.meta.url));
const page = readFileSync(join(dist, "index.html"), "utf8");

// What the page names, what its modules import at once, and the fonts of its style.
const first = new Set(["index.html"]);
const waiting = [...page.matchAll(/(?:src|href)="\/([^"]+\.(?:js|css|svg))"/g)].map((it) => it[1]);
while (waiting.length > 0) {
  const name = waiting.pop();
  if (first.has(name)) continue;
  first.add(name);
  const text = readFileSync(join(dist, name), "utf8");
  const imports = name.endsWith(".js")
    ? text.matchAll(/(?:^|[;}])(?:import|export)[^;"'()]*["']\.\/([^"']+)["']/g)
    : [];
  for (const [, other] of imports) waiting.push(`ui/${other}`);
  const fonts = name.endsWith(".css") ? text.matchAll(/url\(\/?(ui\/[^)]+\.woff2)\)/g) : [];
  for (const [, font] of fonts) first.add(font);
}
const sizes = [...first].map((name) => {
  const bytes = readFileSync(join(dist, name));
  return [name, name.endsWith(".woff2") ? bytes.length : gzipSync(bytes, { level: 9 }).length];
});
const sum = sizes.reduce((before, [, size]) => before + size, 0);
const kib = (size) => `${(size / 1024).toFixed(1)} KiB`;
for (const [name, size] of sizes.sort((a, b) => b[1] - a[1]).slice(0, 8))
  console.log(`${kib(size).padStart(10)}  ${name}`);
console.log(`${kib(sum).padStart(10)}  first load, of at most ${kib(MOST)}`);
if (sum > MOST) {
  console.error("The first load is too large: load what the first page does not need later, or leave it out.");
  process.exit(1);
}

const SMALLEST = 1024;
for (const entry of readdirSync(dist, { recursive: true })) {
  const path = join(dist, entry);
  if (!/\.(js|css|html|svg)$/.test(path) || statSync(path).size < SMALLEST) continue;
  const bytes = readFileSync(path);
  writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }));
  writeFileSync(`${path}.br`, brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }));
}
