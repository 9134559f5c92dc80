// The console's bundle, served by health-api. Names are stable, so that a rebuild of the same source is the same tree.
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const api = process.env.AUTHPULSE_URL ?? "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [react()],
  server: { proxy: { "/api": { target: api } } },
  build: {
    outDir: process.env.CONSOLE_OUT ?? "../src/authpulse_health_api/site",
    emptyOutDir: true,
    // A data: URL would need a hole in the Content-Security-Policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: { entryFileNames: "assets/console.js", assetFileNames: "assets/console[extname]" },
    },
  },
  test: {
    projects: [
      { extends: true, test: { name: "unit", include: ["src/**/*.test.{ts,tsx}"] } },
      {
        extends: true,
        test: {
          name: "browser",
          include: ["browser/**/*.spec.ts"],
          globalSetup: "browser/running/system.ts",
          fileParallelism: false,
          testTimeout: 60_000,
          expect: { poll: { timeout: 10_000 } },
          hookTimeout: 120_000,
        },
      },
      {
        extends: true,
        test: {
          name: "measure",
          include: ["browser/**/*.measure.ts"],
          globalSetup: "browser/running/system.ts",
          testTimeout: 300_000,
        },
      },
    ],
  },
});
