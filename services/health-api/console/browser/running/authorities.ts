/** Two authorization servers that none of us wrote and that differ, each a process on loopback. */

import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { inject } from "vitest";
import { freePort } from "./freePort";

export interface Authority {
  /** The body that declares a connection at it, with this secret. */
  readonly declared: (secret: string) => Record<string, unknown>;
  /** Signs in and consents on its own pages. */
  readonly signIn: (page: Page) => Promise<void>;
  /** What its operator does when a secret has leaked. */
  readonly changeSecret: (secret: string) => void;
  readonly stop: () => Promise<void>;
}

export const FIRST_SECRET = "the-first/secret+with=signs";

const CLIENT = "authpulse";
const PERSON = { name: "ada", password: "of-lovelace" };
const REPOSITORY = new URL("../../../../../", import.meta.url).pathname;
const START_MS = 60_000;

/** Python's django-oauth-toolkit: explicit endpoints, HTTP Basic, plain OAuth. */
export async function djangoOAuthToolkit(): Promise<Authority> {
  const [folder, port] = [mkdtempSync(join(tmpdir(), "toolkit-")), await freePort()];
  const url = `http://127.0.0.1:${port}`;
  const python = join(REPOSITORY, ".venv/bin/python");
  const program = [join(REPOSITORY, "tests/support/toolkit_idp/program.py"), folder];
  writeFileSync(join(folder, "life.json"), "3600");
  const client = { client_id: CLIENT, client_secret: FIRST_SECRET, name: CLIENT, redirect_uris: callback() };
  const input = JSON.stringify({ users: { [PERSON.name]: PERSON.password }, clients: [client] });
  execFileSync(python, [...program, "prepare"], { input });
  const server = spawn(python, [...program, "serve", `127.0.0.1:${port}`], { stdio: "ignore" });
  await untilServing(`${url}/login/`);
  return {
    declared: (secret) => ({
      grant: "authorization_code",
      authorization_url: `${url}/o/authorize/`,
      token_url: `${url}/o/token/`,
      revocation_url: `${url}/o/revoke_token/`,
      client_id: CLIENT,
      client_secret: secret,
      scopes: ["read"],
    }),
    async signIn(page) {
      await page.locator("[name=username], [name=allow]").first().waitFor();
      if (await page.locator("[name=username]").isVisible()) {
        await page.locator("[name=username]").fill(PERSON.name);
        await page.locator("[name=password]").fill(PERSON.password);
        await page.locator("[type=submit]").click();
      }
      await page.locator("[name=allow]").click();
    },
    changeSecret: (secret) => {
      execFileSync(python, [...program, "change-secret", CLIENT, secret]);
    },
    stop: () => stop(server, folder),
  };
}

/** npm's oidc-provider: found by discovery, the secret in the form, OpenID Connect with `iss` in its answer. */
export async function oidcProvider(): Promise<Authority> {
  const [folder, port] = [mkdtempSync(join(tmpdir(), "oidc-")), await freePort()];
  const url = `http://127.0.0.1:${port}`;
  const clients = join(folder, "clients.json");
  const register = (secret: string): void => {
    const client = {
      client_id: CLIENT,
      client_secret: secret,
      redirect_uris: [callback()],
      grant_types: ["authorization_code", "refresh_token"],
      token_endpoint_auth_method: "client_secret_post",
    };
    writeFileSync(clients, JSON.stringify([client]));
  };
  register(FIRST_SECRET);
  const program = new URL("oidcProvider.mjs", import.meta.url).pathname;
  const server = spawn(process.execPath, [program, String(port), clients], { stdio: "ignore" });
  await untilServing(`${url}/.well-known/openid-configuration`);
  return {
    declared: (secret) => ({
      grant: "authorization_code",
      issuer: url,
      client_id: CLIENT,
      client_secret: secret,
      client_auth: "post",
      scopes: ["openid", "offline_access"],
      // OpenID Connect Core 11: without it offline_access is ignored.
      authorization_params: { prompt: "consent" },
    }),
    async signIn(page) {
      await page.getByRole("button", { name: /Sign-in|Continue/ }).waitFor();
      if (await page.locator("[name=login]").isVisible()) {
        await page.locator("[name=login]").fill(PERSON.name);
        await page.locator("[name=password]").fill(PERSON.password);
        await page.getByRole("button", { name: "Sign-in" }).click();
      }
      await page.getByRole("button", { name: "Continue" }).click();
    },
    changeSecret: register,
    stop: () => stop(server, folder),
  };
}

function callback(): string {
  return `${inject("running").url}/api/v1/admin/oauth/callback`;
}

async function untilServing(address: string): Promise<void> {
  const deadline = Date.now() + START_MS;
  for (;;) {
    const answer = await fetch(address).catch(() => null);
    if (answer?.ok) return;
    if (Date.now() > deadline) throw new Error(`nothing is served at ${address}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function stop(server: ChildProcess, folder: string): Promise<void> {
  const ended = once(server, "exit");
  server.kill("SIGKILL");
  await ended;
  rmSync(folder, { recursive: true });
}
