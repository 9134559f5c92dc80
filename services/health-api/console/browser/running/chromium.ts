/** One Chromium for a spec file, and what the specs do with its pages. */

import { readFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { createRequire } from "node:module";
import type { AxeResults } from "axe-core";
import { chromium, type Browser, type BrowserContextOptions, type Page } from "playwright-core";
import { expect, inject } from "vitest";
import type { Told } from "./idp";

export const DESKTOP = { width: 1280, height: 800 };
export const PHONE = { width: 390, height: 844 };

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const ARTEFACTS = new URL("../../../../../artefacts/console/", import.meta.url).pathname;

export function launch(): Promise<Browser> {
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: FLAGS });
}

/** A page of a fresh context. What it asks of other hosts, and what its policy refused, is in `astray`. */
export async function openPage(
  browser: Browser,
  options: BrowserContextOptions = {},
): Promise<{ page: Page; astray: string[] }> {
  const context = await browser.newContext({ viewport: DESKTOP, ...options });
  const astray: string[] = [];
  const { url } = inject("running");
  context.on("request", (request) => {
    if (!request.url().startsWith(`${url}/`)) astray.push(request.url());
  });
  context.on("console", (message) => {
    if (message.text().includes("Content Security Policy")) astray.push(message.text());
  });
  context.on("weberror", (failure) => astray.push(failure.error().message));
  return { page: await context.newPage(), astray };
}

/** A page at `path`, signed in as by the link that `authpulse up` prints. */
export async function signedIn(
  browser: Browser,
  path = "/",
  options: BrowserContextOptions = {},
): Promise<{ page: Page; astray: string[] }> {
  const { url, token } = inject("running");
  const opened = await openPage(browser, options);
  await opened.page.goto(`${url}${path}#token=${token}`);
  await opened.page.getByRole("navigation", { name: "Pages" }).waitFor();
  return opened;
}

/** Fails on any violation that axe-core knows of. */
export async function expectAccessible(page: Page): Promise<void> {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() =>
    (globalThis as unknown as { axe: { run: () => Promise<AxeResults> } }).axe.run(),
  );
  expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
}

/** Keeps a picture for people to look at. */
export async function picture(page: Page, name: string): Promise<void> {
  await mkdir(ARTEFACTS, { recursive: true });
  await page.screenshot({ path: `${ARTEFACTS}${name}.png` });
}

/** Tells the IdP what to say to `client` from now on. */
export async function tellIdp(client: string, told: Told): Promise<void> {
  await fetch(`${inject("running").idp}/told/${client}`, { method: "PUT", body: JSON.stringify(told) });
}
