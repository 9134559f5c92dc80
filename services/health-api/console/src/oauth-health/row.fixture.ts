import type { HealthRow } from "./row.js";

/** A healthy row, but for what is given. */
export function row(given: Partial<HealthRow> = {}): HealthRow {
  return {
    kind: "api",
    name: "crm",
    has_oauth: true,
    needs_reauth: false,
    token_acquired: true,
    refresh_failing: false,
    changed_at: "2026-01-01T00:00:00Z",
    ...given,
  };
}
