import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { expectAccessible, launch, openPage, PHONE, picture, signedIn } from "./running/chromium";

const { url, token } = inject("running");
let browser: Browser;

beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser.close());

describe("signing in", () => {
  it("is asked for at any address, and leads back to it", async () => {
    const { page, astray } = await openPage(browser);
    await page.goto(`${url}/connections/api/steady`);
    await page.getByLabel("Token").fill(token);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("heading", { name: "api/steady" }).waitFor();
    expect(astray).toEqual([]);
  });

  it("says so when the token is wrong", async () => {
    const { page } = await openPage(browser);
    await page.goto(url);
    await page.getByLabel("Token").fill("guessed");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("alert").getByText("This token is not good here").waitFor();
    await expectAccessible(page);
    await picture(page, "sign-in");
  });

  it("works by link, and the token leaves the address at once", async () => {
    const { page } = await signedIn(browser, "/?state=reauth");
    expect(page.url()).toBe(`${url}/?state=reauth`);
  });

  it("says so when the link is old", async () => {
    const { page } = await openPage(browser);
    await page.goto(`${url}/#token=old`);
    await page.getByRole("alert").waitFor();
    expect(page.url()).toBe(`${url}/`);
  });

  it("lasts over a reload, until signing out", async () => {
    const { page } = await signedIn(browser);
    await page.reload();
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByLabel("Token").waitFor();
    await page.reload();
    await page.getByLabel("Token").waitFor();
  });

  it("is asked for again when the session has ended behind the page's back", async () => {
    const { page } = await signedIn(browser);
    await page.context().clearCookies();
    await page.reload();
    await page.getByLabel("Token").waitFor();
  });

  it.each(["light", "dark"] as const)(
    "and an address without a page are accessible (%s)",
    async (colorScheme) => {
      const { page } = await openPage(browser, { colorScheme });
      await page.goto(url);
      await page.getByLabel("Token").waitFor();
      await expectAccessible(page);
      const inside = await signedIn(browser, "/", { colorScheme });
      await inside.page.evaluate(() => {
        history.pushState(null, "", "/nowhere");
        dispatchEvent(new PopStateEvent("popstate"));
      });
      await inside.page.getByRole("heading", { name: "No such page" }).waitFor();
      await expectAccessible(inside.page);
    },
  );

  it("fits a phone", async () => {
    const { page } = await openPage(browser, { viewport: PHONE });
    await page.goto(url);
    await page.getByLabel("Token").waitFor();
    await expectAccessible(page);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(PHONE.width);
  });
});
