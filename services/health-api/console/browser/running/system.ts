/** Starts the whole system once for all browser tests: `authpulse up` with an IdP that does as it is told. */

import { spawn, type ChildProcess } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { declarations } from "./connections";
import { freePort } from "./freePort";
import { startIdp, type Told } from "./idp";

declare module "vitest" {
  interface ProvidedContext {
    readonly running: Running;
  }
}

export interface Running {
  readonly url: string;
  readonly idp: string;
  readonly token: string;
  /** The key of somebody who may look and not change. */
  readonly viewer: string;
  /** The instance's folder; `instance.json` in it has the process ids. */
  readonly data: string;
}

const TOKEN = "token-of-the-browser-tests";
const VIEWER = "apk_viewer-of-the-browser-tests";
const REPOSITORY = new URL("../../../../../", import.meta.url).pathname;
const START_MS = 90_000;

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const idp = await startIdp();
  await tell(idp.url, "lost", { status: 400, error: "invalid_grant" });
  await tell(idp.url, "failing", { status: 503, error: "temporarily_unavailable" });
  await tell(idp.url, "refused", { status: 401, error: "invalid_client" });
  await tell(idp.url, "busy", { status: 200, expiresIn: 1 });
  const data = mkdtempSync(join(tmpdir(), "console-"));
  const file = join(data, "connections.toml");
  writeFileSync(file, declarations(idp.url), { mode: 0o600 });
  const address = `127.0.0.1:${await freePort()}`;
  const options = ["up", "--no-demo", "--data", data, "--http", address, "--connections", file];
  const up = spawn(join(REPOSITORY, ".venv/bin/authpulse"), options, {
    env: {
      ...process.env,
      AUTHPULSE_ADMIN_TOKEN: TOKEN,
      AUTHPULSE_API_KEYS: `watcher:viewer:${createHash("sha256").update(VIEWER).digest("hex")}`,
      CONSOLE_TESTS_SECRET: "a-secret",
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  await untilSaid(up, "is up");
  project.provide("running", { url: `http://${address}`, idp: idp.url, token: TOKEN, viewer: VIEWER, data });
  return async () => {
    up.kill("SIGTERM");
    await once(up, "exit");
    idp.server.closeAllConnections();
    idp.server.close();
    rmSync(data, { recursive: true });
  };
}

async function tell(idp: string, client: string, told: Told): Promise<void> {
  await fetch(`${idp}/told/${client}`, { method: "PUT", body: JSON.stringify(told) });
}

/** Resolves when `words` are said; reads on for ever, so that the pipe never fills. */
function untilSaid(up: ChildProcess, words: string): Promise<void> {
  let said = "";
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`authpulse up did not start:\n${said}`)), START_MS);
    up.once("exit", (code) => reject(new Error(`authpulse up ended with ${code}:\n${said}`)));
    up.stdout?.on("data", (piece: Buffer) => {
      said += piece.toString();
      if (!said.includes(words)) return;
      clearTimeout(late);
      resolve();
    });
  });
}
