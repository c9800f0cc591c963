import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

export default defineConfig({
  plugins: [react()],
  server: {
    proxy: { "/api": "http://127.0.0.1:5000" },
  },
  build: {
    // The server's `default-src 'self'` refuses data: URLs, so nothing may be inlined as one.
    assetsInlineLimit: 0,
    // The polyfill only serves browsers that are older than those the app supports.
    modulePreload: { polyfill: false },
  },
  test: {
    include: ["src/**/*.test.{ts,tsx}"],
    restoreMocks: true,
    unstubGlobals: true,
    env: { TZ: "UTC" },
  },
});
