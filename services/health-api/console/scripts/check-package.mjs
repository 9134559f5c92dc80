/* Packs the hook and the badge and lets another React app, made here, compile and render with what was packed. */

import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const here = new URL("..", import.meta.url).pathname;
const app = mkdtempSync(join(tmpdir(), "another-app-"));
const run = (file, args, cwd) =>
  execFileSync(file, args, { cwd, stdio: ["ignore", "pipe", "inherit"] }).toString();

const APP = `
import { createElement } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { badgeFor, ConnectionOAuthHealthBadge, stateOf, useConnectionsOAuthHealth, type HealthRow } from "@authpulse/oauth-health";

const row: HealthRow = {
  kind: "api", name: "crm", has_oauth: true, needs_reauth: true, token_acquired: false,
  idp_error_code: "invalid_grant", refresh_failing: false, changed_at: "2026-01-01T00:00:00Z",
};

function Page() {
  const { rows, transport, staleness } = useConnectionsOAuthHealth({ baseUrl: "https://authpulse.example" });
  return createElement("main", null, transport, rows.length, staleness.seconds, createElement(ConnectionOAuthHealthBadge, { row }));
}
console.log(stateOf(row), badgeFor(row)?.tone, renderToStaticMarkup(createElement(Page)));
`;

try {
  run("npm", ["pack", "--silent", "--pack-destination", app], here);
  const tarball = readdirSync(app).find((name) => name.endsWith(".tgz"));
  const home = join(app, "node_modules/@authpulse/oauth-health");
  mkdirSync(home, { recursive: true });
  run("tar", ["-xzf", join(app, tarball), "-C", home, "--strip-components=1"], app);
  for (const name of ["react", "react-dom", "scheduler", "@types"]) {
    symlinkSync(join(here, "node_modules", name), join(app, "node_modules", name));
  }
  writeFileSync(join(app, "package.json"), JSON.stringify({ type: "module" }));
  writeFileSync(join(app, "app.ts"), APP);
  const options = ["--strict", "--target", "es2022", "--module", "nodenext", "--skipLibCheck"];
  run(join(here, "node_modules/.bin/tsc"), [...options, "app.ts"], app);
  // Node knows no style sheets: an app's bundler takes them, and so does this.
  const config = {
    build: { ssr: "app.ts", outDir: "built", minify: false },
    ssr: { noExternal: ["@authpulse/oauth-health"] },
  };
  writeFileSync(join(app, "vite.config.js"), `export default ${JSON.stringify(config)};`);
  run(join(here, "node_modules/.bin/vite"), ["build", "--logLevel", "error"], app);
  const said = run("node", ["built/app.js"], app);
  if (!said.startsWith("reauth red <main>connecting00<span") || !said.includes("invalid_grant")) {
    throw new Error(`another app renders: ${said}`);
  }
  console.log("the packed hook and badge compile and render in another app");
} finally {
  rmSync(app, { recursive: true });
}
