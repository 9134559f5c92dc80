import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expectAccessible, launch, PHONE, picture, signedIn } from "./running/chromium";

let browser: Browser;

beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser.close());

describe("the incidents", () => {
  it.each([
    ["light", { colorScheme: "light" as const }],
    ["dark", { colorScheme: "dark" as const }],
    ["phone", { viewport: PHONE, hasTouch: true }],
  ])("say what is wrong, since when, whom it hits and what to do (%s)", async (name, options) => {
    const { page, astray } = await signedIn(browser, "/incidents", options);
    const refused = page.getByRole("article").filter({ hasText: "machine/refused" });
    await refused.getByText(/^Next:/).waitFor();
    await refused.getByText("1 connection").waitFor();
    await expectAccessible(page);
    const [content, seen] = await page.evaluate(() => [document.body.scrollWidth, innerWidth]);
    expect(content).toBe(seen);
    await picture(page, `incidents-${name}`);
    await refused.getByRole("link", { name: "machine/refused" }).click();
    await page
      .getByRole("region", { name: "Why" })
      .getByText(/^Next:/)
      .waitFor();
    expect(astray).toEqual([]);
  });
});
