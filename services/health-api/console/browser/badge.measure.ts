/** From the IdP's refusal to the red badge in a page that somebody looks at: `npm run measure` prints one line. */

import type { Page } from "playwright-core";
import { expect, inject, it } from "vitest";
import { command } from "./running/api";
import { launch, signedIn, tellIdp } from "./running/chromium";

const REFUSALS = 30;

it("measures", async () => {
  const browser = await launch();
  const { page } = await signedIn(browser, "/?kind=measured");
  const took: number[] = [];
  for (let number = 0; number < REFUSALS; number += 1) took.push(await refusal(page, `m${number}`));
  await browser.close();
  took.sort((a, b) => a - b);
  const at = (share: number): number => took[Math.ceil(share * took.length) - 1] ?? NaN;
  const line = `refusal to badge, ${REFUSALS} refusals: p50 ${at(0.5)} ms, p95 ${at(0.95)} ms, slowest ${at(1)} ms`;
  process.stdout.write(`${line}\n`);
  expect(at(0.95)).toBeLessThan(1_000);
});

/** Milliseconds from the line in the IdP's log to the change of the DOM; both clocks are this machine's. */
async function refusal(page: Page, name: string): Promise<number> {
  const { idp } = inject("running");
  await command("PUT", `/measured/${name}`, {
    grant: "authorization_code",
    authorization_url: `${idp}/authorize`,
    token_url: `${idp}/token/${name}`,
    client_id: name,
    client_secret: "a-secret",
    token: { refresh_token: "brought", access_token: "brought", expires_in: "1h" },
  });
  await page.getByRole("row", { name: new RegExp(`^Healthy measured/${name} `) }).waitFor();
  const seen = page.evaluate(
    (label) =>
      new Promise<number>((resolve) => {
        const look = (): void => {
          const row = [...document.querySelectorAll("tr, [role=row]")].find((each) =>
            each.textContent.includes(label),
          );
          if (row?.querySelector(".authpulse-badge-red")) resolve(Date.now());
        };
        new MutationObserver(look).observe(document.body, {
          subtree: true,
          childList: true,
          attributes: true,
        });
      }),
    `measured/${name}`,
  );
  await tellIdp(name, { status: 400, error: "invalid_grant" });
  // Refused with 409, as is right: the measure is how soon the page shows it.
  await command("POST", `/measured/${name}/reacquire-oauth`).catch(() => null);
  const log = (await (await fetch(`${idp}/refused/${name}`)).json()) as { at: number };
  const took = (await seen) - log.at;
  // The list shows as many rows as fit: the next one has to be among them.
  await command("DELETE", `/measured/${name}`);
  return took;
}
