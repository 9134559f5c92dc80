import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, inject, it } from "vitest";
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
  it("the badge appears when the IdP fails and goes when it is well, and a screen reader hears of both", async () => {
    const { page } = await signedIn(browser, "/?q=busy");
    const heard = page.getByRole("status", { name: "Changes" });
    await page.getByText("Healthy", { exact: true }).first().waitFor();
    await tellIdp("busy", { status: 503, error: "temporarily_unavailable" });
    await page
      .getByRole("img", { name: "Last refresh failed (temporarily_unavailable). Retrying." })
      .waitFor();
    await heard.getByText("api/busy: Last refresh failed").waitFor();
    await tellIdp("busy", { status: 200, expiresIn: 1 });
    await page.getByRole("row", { name: /^Healthy api\/busy/ }).waitFor();
    await heard.getByText("api/busy is healthy again.").waitFor();
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
