// How the pages are built, served while one works on them, and tested.
import { fileURLToPath } from "node:url";
import tailwind from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

/** The AnyHook that answers the pages' calls while `npm run dev` serves the pages themselves. */
const server = process.env["ANYHOOK_DASHBOARD"] ?? "http://127.0.0.1:4400";

const proxy = Object.fromEntries(
  ["/api", "/openapi.json", "/reference", "/assets/style.css"].map((path) => [
    path,
    { target: server, changeOrigin: true },
  ]),
);

export default defineConfig({
  plugins: [react(), tailwind()],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  build: {
    // Not `assets`: the server's own pages have theirs there.
    assetsDir: "ui",
    target: "es2022",
    // The policy allows no data: address for scripts or fonts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 700,
  },
  server: { host: "127.0.0.1", proxy },
  preview: { host: "127.0.0.1", proxy },
  test: { include: ["src/**/*.test.{ts,tsx}"], environment: "node" },
});
