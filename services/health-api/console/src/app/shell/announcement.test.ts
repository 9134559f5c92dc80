import { describe, expect, it } from "vitest";
import type { Shift } from "../../oauth-health";
import { row } from "../../oauth-health/row.fixture";
import { announcement } from "./announcement";

const lost: Shift = {
  row: row({ needs_reauth: true, idp_error_code: "invalid_grant" }),
  from: "healthy",
  to: "reauth",
};
const well: Shift = { row: row(), from: "reauth", to: "healthy" };

describe("what a screen reader hears", () => {
  it("names a few connections", () => {
    expect(announcement([lost, well])).toBe(
      "api/crm: Reauth required (invalid_grant). Click in to view details. api/crm is healthy again.",
    );
  });

  it("counts many", () => {
    expect(announcement([lost, lost, lost, well])).toBe("Now need reauth: 3. Healthy again: 1.");
  });
});
