import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { expectAccessible, launch, openPage, picture } from "./running/chromium";

const { url, viewer } = inject("running");
let browser: Browser;

beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser.close());

describe("a viewer", () => {
  it("sees everything and is offered nothing that changes it", async () => {
    const { page } = await openPage(browser);
    await page.goto(`${url}/connections/api/lost#token=${viewer}`);
    await page.getByRole("row", { name: /Refused for good/ }).waitFor();
    await page.getByText("You are signed in as a viewer").waitFor();
    expect(await page.getByRole("region", { name: "Actions" }).count()).toBe(0);
    await expectAccessible(page);
    await picture(page, "viewer");
  });
});
