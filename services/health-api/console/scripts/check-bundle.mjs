/* Builds the console anew and compares it, byte by byte, with the bundle that health-api serves. */

import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const served = new URL("../../src/authpulse_health_api/site/", import.meta.url).pathname;
const built = mkdtempSync(join(tmpdir(), "console-"));
try {
  execFileSync("npx", ["vite", "build", "--logLevel", "error"], {
    env: { ...process.env, CONSOLE_OUT: built },
    stdio: "inherit",
  });
  const differing = differences(files(served), files(built));
  if (differing.length > 0) {
    console.error(`not what the source builds: ${differing.join(", ")}; run "npm run build" and commit`);
    process.exitCode = 1;
  } else console.log("the served bundle is what the source builds");
} finally {
  rmSync(built, { recursive: true });
}

function files(root) {
  const entries = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  const paths = entries.map((entry) => join(entry.parentPath, entry.name));
  return new Map(paths.map((path) => [path.slice(root.length).replace(/^\//, ""), readFileSync(path)]));
}

function differences(left, right) {
  const names = new Set([...left.keys(), ...right.keys()]);
  return [...names].filter((name) => !left.get(name)?.equals(right.get(name) ?? Buffer.alloc(0))).sort();
}
