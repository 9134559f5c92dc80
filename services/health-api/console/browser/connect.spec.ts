import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { command } from "./running/api";
import { djangoOAuthToolkit, FIRST_SECRET, oidcProvider, type Authority } from "./running/authorities";
import { DESKTOP, expectAccessible, launch, openPage, PHONE, picture, signedIn } from "./running/chromium";

const ROTATIONS = 20;
let browser: Browser;

beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser.close());

/** Accessible and within its width, on a desktop and on a phone; with pictures of both. */
async function expectReadable(page: Page, name: string): Promise<void> {
  for (const [device, size] of Object.entries({ desktop: DESKTOP, phone: PHONE })) {
    await page.setViewportSize(size);
    await expectAccessible(page);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(size.width);
    await picture(page, `${name}-${device}`);
  }
}

describe.each([
  ["django-oauth-toolkit", djangoOAuthToolkit],
  ["oidc-provider", oidcProvider],
])("at %s", (name, start) => {
  let authority: Authority;
  let page: Page;
  const path = `/real/${name}`;

  beforeAll(async () => {
    authority = await start();
    await command("PUT", path, authority.declared(FIRST_SECRET));
    ({ page } = await signedIn(browser, `/connections${path}`));
  });
  afterAll(async () => {
    await command("DELETE", path);
    await authority.stop();
  });

  async function signIn(button: "Connect" | "Reconnect"): Promise<void> {
    await page.getByRole("button", { name: button, exact: true }).click();
    await page.getByRole("dialog").getByRole("button", { name: button, exact: true }).click();
    await authority.signIn(page);
    await page.getByRole("heading", { name: `real/${name}` }).waitFor();
    await page.getByText("✓ Healthy").waitFor();
    expect(await page.getByRole("img", { name: /Reauth required/ }).count()).toBe(0);
    expect(new URL(page.url()).pathname).toBe(`/connections${path}`);
  }

  it("connects", async () => {
    await page.getByRole("img", { name: "Reauth required. Click in to view details." }).waitFor();
    await signIn("Connect");
    await page.getByRole("row", { name: /Connected/ }).waitFor();
    await picture(page, `${name}-1-connected`);
  });

  it(`is refreshed ${ROTATIONS} times, each with a new refresh token`, async () => {
    const rotated = page.getByRole("cell", { name: /refresh token rotated/ });
    for (let times = 1; times <= ROTATIONS; times += 1) {
      await page.getByRole("button", { name: "Refresh now" }).click();
      await expect.poll(() => rotated.count()).toBe(times);
    }
    await picture(page, `${name}-2-rotated`);
  });

  it("turns red while one looks, once the client's secret is changed there", async () => {
    authority.changeSecret("the-second-secret-of-the-client");
    await page.getByRole("button", { name: "Refresh now" }).click();
    await page.getByRole("img", { name: /^Reauth required \(invalid_client\)/ }).waitFor();
    await page
      .getByRole("region", { name: "Why" })
      .getByText(/secret/)
      .first()
      .waitFor();
    await expectAccessible(page);
    await picture(page, `${name}-3-refused`);
  });

  it("works again without anybody's consent, once the secret is mended here", async () => {
    await command("PUT", path, authority.declared("the-second-secret-of-the-client"));
    await page.getByText("✓ Healthy").waitFor();
    await page.getByRole("alert").waitFor({ state: "detached" });
    await picture(page, `${name}-4-mended`);
  });

  it("is forgotten, and connected anew", async () => {
    await page.getByRole("button", { name: "Forget token" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Forget token" }).click();
    await page.getByRole("img", { name: /^Reauth required/ }).waitFor();
    await picture(page, `${name}-5-forgotten`);
    await signIn("Reconnect");
    await picture(page, `${name}-6-reconnected`);
  });

  it("is connected by its owner, who has no account here, with a link", async () => {
    await page.getByRole("button", { name: "Link for the owner" }).click();
    const link = await page.getByRole("textbox", { name: "Link for the owner" }).inputValue();
    await expectAccessible(page);
    await picture(page, `${name}-7-link`);
    const { page: owners } = await openPage(browser);
    await owners.goto(link);
    await expectReadable(owners, `${name}-8-owner`);
    await owners.getByRole("button").click();
    await authority.signIn(owners);
    await owners.getByText("You can close this page").waitFor();
    await expectReadable(owners, `${name}-9-done`);
    await owners.reload();
    await owners.getByText("This sign-in has been used already").waitFor();
    await expectReadable(owners, `${name}-10-used`);
    await owners.goto(link);
    await owners.getByText("The link has been used").waitFor();
    await expectReadable(owners, `${name}-11-spent`);
    await expect.poll(() => page.getByRole("row", { name: /Connected.*link:admin/ }).count()).toBe(1);
  });

  it("has it all in its history", async () => {
    const types = new Set<string>();
    let cursor: number | null | undefined;
    do {
      const search = cursor ? `?cursor=${cursor}` : "";
      const found = (await command("GET", `${path}/auth-events${search}`)) as {
        events: { event_type: string }[];
        next_cursor?: number | null;
      };
      for (const event of found.events) types.add(event.event_type);
      cursor = found.next_cursor;
    } while (cursor);
    expect([...types].sort()).toEqual([
      "connect_completed",
      "connect_failed",
      "connect_started",
      "connection_changed",
      "connection_registered",
      "refresh_failed_revoked",
      "refresh_succeeded",
      "token_deleted_admin",
    ]);
    const refusal = page.getByRole("row", { name: /Refused for good/ });
    await refusal.getByRole("cell", { name: "invalid_client", exact: true }).waitFor();
  });
});
