import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, it } from "vitest";
import { expectAccessible, launch, picture, signedIn, tellIdp } from "./running/chromium";
import { signalProgram } from "./running/processes";

let browser: Browser;

beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser.close());

describe("without a reload", () => {
  it("the badge appears when the IdP fails and goes when it is well, and a screen reader hears of both", async () => {
    const { page } = await signedIn(browser, "/?q=busy");
    const heard = page.getByRole("status", { name: "Changes" });
    await page.getByText("Live", { exact: true }).waitFor();
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
    signalProgram("health-api", "SIGKILL");
    await page.getByText("The API has been out of reach").waitFor();
    await page.getByText("api/steady").waitFor();
    await expectAccessible(page);
    await picture(page, "offline");
    await page.unroute("**/api/**");
    await page.getByText("The API has been out of reach").waitFor({ state: "detached" });
  });

  it("the page says how old it is while the ledger is away, and what needs the ledger says so", async () => {
    const { page } = await signedIn(browser);
    await page.getByText("api/steady").waitFor();
    signalProgram("postgres", "SIGSTOP");
    try {
      await page.getByText("The API cannot read its ledger").waitFor();
      await page.getByText(/^\d+ s old$/).waitFor();
      await page.getByText("api/steady").waitFor();
      await picture(page, "stale");
      await page.getByRole("link", { name: "api/steady" }).click();
      await page.getByText("The ledger is out of reach").first().waitFor();
      await expectAccessible(page);
    } finally {
      signalProgram("postgres", "SIGCONT");
    }
    await page.getByText("Live", { exact: true }).waitFor();
    await page.getByRole("region", { name: "Status" }).waitFor();
  });
});
