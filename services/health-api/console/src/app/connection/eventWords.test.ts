import { describe, expect, it } from "vitest";
import { authEvent } from "./event.fixture";
import { actorWords, codeOf, describe as words, wordsFor } from "./eventWords";

describe("an event in words", () => {
  it("names what is there and nothing else", () => {
    expect(words(authEvent(1))).toBe("");
    const detail = {
      http_status: 503,
      outcome: "unknown",
      attempt: 3,
      next_attempt_at: "2026-03-01T00:01:00Z",
      duration_ms: 30_000,
    };
    expect(words(authEvent(1, { detail }))).toBe(
      "HTTP 503 · outcome unknown · attempt 3 · next try 1 Mar 2026, 00:01:00 UTC · 30 s",
    );
  });

  it("is honest about a token that could not be revoked", () => {
    expect(words(authEvent(1, { detail: { revoked_at_idp: false } }))).toBe("not revoked at the IdP");
  });

  it("has the IdP's code, if there is one", () => {
    expect(codeOf(authEvent(1))).toBe("");
    expect(codeOf(authEvent(1, { detail: { idp_error_code: "invalid_grant" } }))).toBe("invalid_grant");
  });

  it("of a type that is not known yet goes by its type", () => {
    expect(wordsFor("grant_moved")).toEqual({ label: "grant_moved", tone: "plain" });
  });

  it("says who, and means the system by its parts", () => {
    expect([actorWords("system:background-refresh"), actorWords("ada@example")]).toEqual([
      "background refresh",
      "ada@example",
    ]);
  });
});
