import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

export default defineConfig({
  plugins: [react()],
  server: {
    proxy: Object.fromEntries(
      ["/api", "/icon.svg", "/manifest.webmanifest"].map((path) => [
        path,
        { target: process.env["ELVISBOT_URL"] ?? "http://127.0.0.1:5000", changeOrigin: true },
      ]),
    ),
  },
  build: {
    // The server's `default-src 'self'` refuses data: URLs, so nothing may be inlined as one.
    assetsInlineLimit: 0,
    // The polyfill only serves browsers that are older than those the app supports.
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: { index: "index.html", sw: "src/worker/worker.ts" },
      output: {
        // A service worker has the root of the site only under a name at the root.
        entryFileNames: ({ name }) => (name === "sw" ? "sw.js" : "assets/[name]-[hash].js"),
      },
    },
  },
  test: {
    include: ["src/**/*.test.{ts,tsx}"],
    restoreMocks: true,
    unstubGlobals: true,
    env: { TZ: "UTC" },
  },
});
