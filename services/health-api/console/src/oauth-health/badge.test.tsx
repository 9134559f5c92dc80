// @vitest-environment jsdom
import { cleanup, render, screen } from "@testing-library/react";
import { afterEach, describe, expect, it } from "vitest";
import { badgeFor } from "./badge.js";
import { ConnectionOAuthHealthBadge } from "./ConnectionOAuthHealthBadge.js";
import { row } from "./row.fixture.js";

afterEach(cleanup);

describe("the badge", () => {
  it("is absent without OAuth, whatever else the row says", () => {
    expect(badgeFor(row({ has_oauth: false, needs_reauth: true, refresh_failing: true }))).toBeNull();
  });

  it("is absent while all is well", () => {
    expect(badgeFor(row())).toBeNull();
  });

  it("is red with the code where somebody must sign in again", () => {
    expect(badgeFor(row({ needs_reauth: true, idp_error_code: "invalid_client" }))).toEqual({
      tone: "red",
      text: "reauth",
      label: "Reauth required (invalid_client). Click in to view details.",
    });
  });

  it("is red without brackets where there is no code", () => {
    expect(badgeFor(row({ needs_reauth: true }))?.label).toBe("Reauth required. Click in to view details.");
  });

  it("is red rather than amber where both would do", () => {
    expect(badgeFor(row({ needs_reauth: true, refresh_failing: true }))?.tone).toBe("red");
  });

  it("is amber for a failing refresh, with the code and without", () => {
    const failing = row({ refresh_failing: true });
    expect(badgeFor({ ...failing, idp_error_code: "server_error" })).toEqual({
      tone: "amber",
      text: "refresh failing",
      label: "Last refresh failed (server_error). Retrying.",
    });
    expect(badgeFor(failing)?.label).toBe("Last refresh failed. Retrying.");
  });

  it("gives its label to the title and to screen readers", () => {
    render(<ConnectionOAuthHealthBadge row={row({ needs_reauth: true })} />);
    const badge = screen.getByRole("img", { name: "Reauth required. Click in to view details." });
    expect(badge.title).toBe("Reauth required. Click in to view details.");
    expect(badge.textContent).toBe("reauth");
  });

  it("shows markup in a code as text", () => {
    render(<ConnectionOAuthHealthBadge row={row({ needs_reauth: true, idp_error_code: "<img src=x>" })} />);
    expect(document.querySelector("img")).toBeNull();
  });

  it("renders nothing for a connection that is not there", () => {
    const { container } = render(<ConnectionOAuthHealthBadge row={undefined} />);
    expect(container.innerHTML).toBe("");
  });
});
