import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { command } from "./running/api";
import { expectAccessible, launch, picture, signedIn } from "./running/chromium";
import { signalProgram } from "./running/processes";

let browser: Browser;
let page: Page;

beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser.close());
beforeEach(async () => {
  ({ page } = await signedIn(browser, "/connections/crm/never-connected"));
  await page.getByText("Live", { exact: true }).waitFor();
});

/** `during` holds while `program` is stopped; it goes on in any case, or the other tests would suffer. */
async function without(program: string, during: () => Promise<void>): Promise<void> {
  signalProgram(program, "SIGSTOP");
  try {
    await during();
  } finally {
    signalProgram(program, "SIGCONT");
  }
}

/** What is asked for is refused with the reason, and what is known stays. */
async function expectNobody(): Promise<void> {
  await page.getByRole("button", { name: "Connect", exact: true }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Connect", exact: true }).click();
  await page.getByRole("alert").getByText("The refresher is out of reach").waitFor();
  await page.getByRole("region", { name: "Status" }).waitFor();
  await expectAccessible(page);
}

/** Says why, shows the last known rows, and never that they are live. */
async function expectOld(words: string): Promise<void> {
  await page.getByText(words).waitFor();
  await page.getByText(/^\d+ s old$/).waitFor();
  expect(await page.getByText("Live", { exact: true }).count()).toBe(0);
  await expectAccessible(page);
}

async function list(): Promise<void> {
  await page.getByRole("link", { name: "Connections", exact: true }).click();
  await page.getByText("api/steady").waitFor();
}

/** The same page, never loaded again, shows what happens now. */
async function expectRecovered(name: string): Promise<void> {
  await list();
  const register = (): Promise<unknown> => command("PUT", `/outage/after-${name}`, { grant: "none" });
  await expect.poll(() => register().catch(() => null), { timeout: 30_000 }).not.toBeNull();
  await page.getByText(`outage/after-${name}`).waitFor();
  await command("DELETE", `/outage/after-${name}`);
  await page.getByText(`outage/after-${name}`).waitFor({ state: "detached" });
  await page.getByText("Live", { exact: true }).waitFor();
}

describe("alone and out of order", () => {
  it.each([
    ["nats", "NATS is out of reach or takes no events"],
    ["refresher", "The refresher does not answer"],
  ])("%s: the page and its actions say so, and it recovers without a reload", async (name, words) => {
    await without(name, async () => {
      await expectNobody();
      await expectOld(words);
      await picture(page, `without-${name}`);
    });
    await expectRecovered(name);
  });

  it("event-store: the page says that it is old, and shows what happened meanwhile once it is not", async () => {
    await list();
    await without("event-store", async () => {
      await command("PUT", "/outage/meanwhile", { grant: "none" });
      await expectOld("The event store does not keep up");
      expect(await page.getByText("outage/meanwhile").count()).toBe(0);
      await picture(page, "without-event-store");
    });
    await page.getByText("outage/meanwhile").waitFor();
    await command("DELETE", "/outage/meanwhile");
    await page.getByText("outage/meanwhile").waitFor({ state: "detached" });
    await expectRecovered("event-store");
  });
});
