import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { expectAccessible, launch, picture, signedIn, tellIdp } from "./running/chromium";

let browser: Browser;

beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser.close());

function kill(program: string): void {
  const { pids } = JSON.parse(readFileSync(join(inject("running").data, "instance.json"), "utf8")) as {
    pids: Record<string, number>;
  };
  const pid = pids[program];
  if (pid === undefined) throw new Error(`no process of ${program}`);
  process.kill(pid, "SIGKILL");
}

describe("without a reload", () => {
  it("the badge appears when the IdP refuses, and a screen reader hears of it", async () => {
    const { page } = await signedIn(browser, "/?q=busy");
    await page.getByText("Healthy", { exact: true }).first().waitFor();
    await tellIdp("busy", { status: 400, error: "invalid_grant" });
    await page.getByRole("img", { name: /Reauth required \(invalid_grant\)/ }).waitFor();
    await expect
      .poll(() => page.getByRole("status", { name: "Changes" }).textContent())
      .toContain("api/busy");
  });

  it("the page says that the API is away, and comes back by itself", async () => {
    const { page } = await signedIn(browser);
    await page.getByText("api/steady").waitFor();
    await page.route("**/api/**", (route) => route.abort());
    kill("health-api");
    await page.getByText("The API has been out of reach").waitFor();
    await page.getByText("api/steady").waitFor();
    await expectAccessible(page);
    await picture(page, "offline");
    await page.unroute("**/api/**");
    await page.getByText("The API has been out of reach").waitFor({ state: "detached" });
  });
});
