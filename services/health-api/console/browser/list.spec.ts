import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { expectAccessible, launch, PHONE, picture, signedIn } from "./running/chromium";

let browser: Browser;

beforeAll(async () => {
  browser = await launch();
  const { page } = await signedIn(browser);
  // The states that the IdP brings about are there once the first refreshes have been refused.
  await page.getByRole("img", { name: /invalid_grant/ }).waitFor();
  await page.getByRole("img", { name: /temporarily_unavailable/ }).waitFor();
  await page.getByRole("img", { name: /invalid_client/ }).waitFor();
  await page.context().close();
});
afterAll(() => browser.close());

function names(page: Page): Promise<string[]> {
  return page.locator(".row-link").allTextContents();
}

async function expectNames(page: Page, expected: string[]): Promise<void> {
  await expect.poll(() => names(page)).toEqual(expected);
}

/** Of which the last one is dead. */
function many(count: number): unknown[] {
  return Array.from({ length: count }, (_, number) => ({
    kind: "api",
    name: `c${String(number).padStart(5, "0")}`,
    has_oauth: true,
    needs_reauth: number === count - 1,
    token_acquired: number < count - 1,
    refresh_failing: false,
    changed_at: "2026-01-01T00:00:00Z",
  }));
}

const REAUTH = ["api/lost", "crm/never-connected", "machine/refused"];

describe("the list", () => {
  it("shows problems first, each with its badge", async () => {
    const { page, astray } = await signedIn(browser);
    await page.getByText("api/steady").waitFor();
    expect((await names(page)).slice(0, 4)).toEqual([...REAUTH, "crm/failing"]);
    await page
      .getByRole("img", { name: "Reauth required (invalid_grant). Click in to view details." })
      .waitFor();
    await page
      .getByRole("img", { name: "Last refresh failed (temporarily_unavailable). Retrying." })
      .waitFor();
    await page.getByRole("img", { name: "Reauth required. Click in to view details." }).waitFor();
    expect(astray).toEqual([]);
  });

  it("counts the states, and a count filters", async () => {
    const { page } = await signedIn(browser);
    await page.getByRole("button", { name: "3 Reauth required" }).click();
    await expectNames(page, REAUTH);
    await page.reload();
    await expectNames(page, REAUTH);
    await page.getByRole("button", { name: "All" }).click();
    await expect.poll(() => names(page)).toHaveLength(7);
  });

  it("is searched by name and by code, and filtered by kind", async () => {
    const { page } = await signedIn(browser);
    await page.getByText("api/steady").waitFor();
    await page.keyboard.press("/");
    await page.keyboard.type("INVALID_");
    await expectNames(page, ["api/lost", "machine/refused"]);
    await page.getByLabel("Kind").selectOption("machine");
    await expectNames(page, ["machine/refused"]);
    expect(new URL(page.url()).search).toBe("?q=INVALID_&kind=machine");
    await page.getByLabel("Search connections").fill("nothing of the kind");
    await page.getByText("No connection matches.").waitFor();
    await expectAccessible(page);
    await page.getByRole("button", { name: "Clear the filters" }).click();
    await expect.poll(() => names(page)).toHaveLength(7);
  });

  it("is walked with the keyboard alone", async () => {
    const { page } = await signedIn(browser);
    await page.getByText("api/steady").waitFor();
    const focused = (): Promise<string | undefined> =>
      page.evaluate(() => document.activeElement?.textContent);
    await page.getByLabel("Kind").focus();
    await page.keyboard.press("Tab");
    await expect.poll(focused).toBe("api/lost");
    await page.keyboard.press("ArrowDown");
    await expect.poll(focused).toBe("crm/never-connected");
    await page.keyboard.press("End");
    await expect.poll(focused).toBe("odd kind/a/b c?#%");
    await page.keyboard.press("Home");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "api/lost" }).waitFor();
    await page.goBack();
    await page.getByRole("table", { name: "Connections" }).waitFor();
  });

  it.each([
    ["light", { colorScheme: "light" as const }],
    ["dark", { colorScheme: "dark" as const }],
    ["phone", { viewport: PHONE, hasTouch: true }],
  ])("is accessible and does not run over (%s)", async (name, options) => {
    const { page } = await signedIn(browser, "/", options);
    await page.getByText("api/steady").waitFor();
    await expectAccessible(page);
    const [content, seen] = await page.evaluate(() => [document.body.scrollWidth, innerWidth]);
    expect(content).toBe(seen);
    await picture(page, `list-${name}`);
  });

  it("draws of 12,000 connections those in sight, and reaches every other", async () => {
    const { page } = await signedIn(browser);
    await page.route("**/oauth-health/stream", (route) => route.fulfill({ status: 404 }));
    await page.route("**/oauth-health", (route) => route.fulfill({ json: { connections: many(12_000) } }));
    await page.reload();
    await page.getByText("Polling").waitFor();
    expect((await names(page))[0]).toBe("api/c11999");
    expect(await page.locator("[role=row]").count()).toBeLessThan(100);
    expect(await page.getByRole("table").getAttribute("aria-rowcount")).toBe("12001");
    await page.locator(".row-link").first().focus();
    await page.keyboard.press("End");
    await page.getByText("api/c11998", { exact: true }).waitFor();
    expect(await page.locator("[role=row]").count()).toBeLessThan(100);
    await page.keyboard.press("/");
    await page.keyboard.type("c07");
    await page.getByText("1,000 shown").waitFor();
    await expectAccessible(page);
  });

  it("keeps the theme that was chosen", async () => {
    const { page } = await signedIn(browser);
    await page.getByLabel("Theme").selectOption("dark");
    await page.reload();
    expect(await page.evaluate(() => getComputedStyle(document.documentElement).colorScheme)).toBe("dark");
  });

  it("answers an address without a page with 404", async () => {
    const answer = await fetch(`${inject("running").url}/nowhere`);
    expect(answer.status).toBe(404);
  });
});
