import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { command } from "./running/api";
import { expectAccessible, launch, PHONE, picture, signedIn } from "./running/chromium";

let browser: Browser;

beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser.close());

describe("the page of a connection", () => {
  it("shows the status, and in the history the IdP's code", async () => {
    const { page, astray } = await signedIn(browser, "/connections/api/lost");
    await page.getByRole("heading", { name: "api/lost" }).waitFor();
    await page.getByRole("img", { name: /invalid_grant/ }).waitFor();
    await page.getByRole("region", { name: "Status" }).getByText("invalid_grant").waitFor();
    const refusal = page.getByRole("row", { name: /Refused for good/ });
    await refusal.getByRole("cell", { name: "invalid_grant", exact: true }).waitFor();
    await refusal.getByText("HTTP 400").waitFor();
    expect(astray).toEqual([]);
    expect(await page.title()).toBe("api/lost · authpulse");
  });

  it("filters the history by type", async () => {
    const { page } = await signedIn(browser, "/connections/api/lost");
    await page.getByLabel("Type of event").selectOption("Registered");
    await expect.poll(() => page.locator("tbody tr").count()).toBe(1);
    await page.getByLabel("Type of event").selectOption("Removed");
    await page.getByText("Nothing of this kind has happened.").waitFor();
  });

  it("grows at the top as things happen, and at the end on demand", async () => {
    const change = (number: number): Promise<unknown> =>
      command("PUT", "/history/long", {
        grant: "authorization_code",
        token_url: `${inject("running").idp}/token/long`,
        client_id: "long",
        client_secret: "a-secret",
        default_lifetime: `${number}h`,
      });
    for (let number = 1; number <= 32; number += 1) await change(number);
    const { page } = await signedIn(browser, "/connections/history/long");
    const rows = page.locator("tbody tr");
    await expect.poll(() => rows.count()).toBe(30);
    await page.getByRole("button", { name: "Load older" }).click();
    await page.getByRole("row", { name: /Registered/ }).waitFor();
    await expect.poll(() => rows.count()).toBe(32);
    await change(33);
    await expect.poll(() => rows.count()).toBe(33);
    await page.getByRole("row", { name: /Registered/ }).waitFor();
    await command("DELETE", "/history/long");
  });

  it("draws the past and says the same in words", async () => {
    const { page } = await signedIn(browser, "/connections/api/lost");
    const past = page.getByRole("region", { name: /^Last/ });
    await past
      .getByRole("listitem")
      .getByText(/Reauth required/)
      .waitFor();
    expect(await past.locator(".stretch-reauth").count()).toBeGreaterThan(1);
  });

  it("offers what can be done, and asks before a sign-in", async () => {
    const { page } = await signedIn(browser, "/connections/crm/never-connected");
    const connect = page.getByRole("button", { name: "Connect", exact: true });
    await connect.click();
    const question = page.getByRole("dialog", { name: "Connect: crm/never-connected?" });
    await question.waitFor();
    await expectAccessible(page);
    await picture(page, "question");
    await page.keyboard.press("Escape");
    await question.waitFor({ state: "detached" });
    expect(await connect.evaluate((button) => button === document.activeElement)).toBe(true);
  });

  it("shows the API's own words when an action is refused", async () => {
    const { page } = await signedIn(browser, "/connections/machine/refused");
    const answered = page.waitForResponse((answer) => answer.url().endsWith("/reacquire-oauth"));
    await page.getByRole("button", { name: "Refresh now" }).click();
    const { title } = (await (await answered).json()) as { title: string };
    await page.getByRole("alert").getByText(title).waitFor();
  });

  it("says of a connection without OAuth that it has none, whatever it is called", async () => {
    const { page } = await signedIn(browser);
    await page.getByRole("link", { name: "odd kind/a/b c?#%" }).click();
    await page.getByRole("heading", { name: "odd kind/a/b c?#%" }).waitFor();
    await page.getByText("Not an OAuth connection").waitFor();
    expect(await page.getByRole("region", { name: "Actions" }).count()).toBe(0);
  });

  it("says of a connection that is not there that it is not", async () => {
    const { page } = await signedIn(browser, "/connections/api/nobody");
    await page.getByText("No such connection").first().waitFor();
    await expectAccessible(page);
  });

  it.each([
    ["light", { colorScheme: "light" as const }],
    ["dark", { colorScheme: "dark" as const }],
    ["phone", { viewport: PHONE, hasTouch: true }],
  ])("is accessible and does not run over (%s)", async (name, options) => {
    const { page } = await signedIn(browser, "/connections/api/lost", options);
    await page.getByRole("row", { name: /Refused for good/ }).waitFor();
    await page.getByRole("region", { name: /^Last/ }).waitFor();
    await expectAccessible(page);
    const [content, seen] = await page.evaluate(() => [document.body.scrollWidth, innerWidth]);
    expect(content).toBe(seen);
    await picture(page, `connection-${name}`);
  });
});
