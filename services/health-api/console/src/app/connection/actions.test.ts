import { describe, expect, it } from "vitest";
import type { Status } from "../api/connections";
import { actionsFor } from "./actions";
import { isWebAddress } from "./webAddress";

const CONNECTED: Status = {
  configured: true,
  token_acquired: true,
  has_refresh_token: true,
  needs_reauth: false,
  grant: "authorization_code",
  authenticated_at: "2026-01-01T00:00:00Z",
};
const LOST = { ...CONNECTED, token_acquired: false, has_refresh_token: false, needs_reauth: true };

describe("the actions", () => {
  it.each([
    ["a healthy connection", CONNECTED, ["refresh", "reconnect", "link", "forget"]],
    ["a lost grant", LOST, ["reconnect", "link"]],
    [
      "a refused client",
      { ...LOST, last_revocation: { occurred_at: "", reason: "invalid_client" } },
      ["reconnect", "refresh", "link"],
    ],
    ["one that was never connected", { ...LOST, authenticated_at: null }, ["connect", "link"]],
    ["client credentials", { ...CONNECTED, grant: "client_credentials" }, ["refresh", "forget"]],
    ["lost client credentials", { ...LOST, grant: "client_credentials" }, ["refresh"]],
  ])("for %s", (_, status, expected) => {
    expect(actionsFor(status)).toEqual(expected);
  });

  it("send a browser to web addresses only", () => {
    expect(isWebAddress("https://idp.example/authorize?x=1")).toBe(true);
    expect(["javascript:alert(1)", "data:text/html,x", "/local", ""].map(isWebAddress)).toEqual(
      Array(4).fill(false),
    );
  });
});
