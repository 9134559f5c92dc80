/** One connection's health, as the API serves it, and what it amounts to. */

/** A row of `GET /api/v1/admin/connections/oauth-health`; `changed_at` is ISO 8601, UTC. */
export interface HealthRow {
  readonly kind: string;
  readonly name: string;
  readonly has_oauth: boolean;
  readonly needs_reauth: boolean;
  readonly token_acquired: boolean;
  /** The code of the newest event, present only while that event is a failed refresh. */
  readonly idp_error_code?: string;
  readonly refresh_failing: boolean;
  readonly changed_at: string;
}

/** What names a connection. */
export interface ConnectionRef {
  readonly kind: string;
  readonly name: string;
}

/** Worst first; `STATES` is the order of the list. */
export type HealthState = "reauth" | "failing" | "healthy" | "no-oauth";

export const STATES: readonly HealthState[] = ["reauth", "failing", "healthy", "no-oauth"];

export function stateOf(row: HealthRow): HealthState {
  if (!row.has_oauth) return "no-oauth";
  if (row.needs_reauth) return "reauth";
  return row.refresh_failing ? "failing" : "healthy";
}

/** The row in `value`, or null: one broken row must not take the others away. */
export function readRow(value: unknown): HealthRow | null {
  if (typeof value !== "object" || value === null) return null;
  const row = value as Partial<Record<keyof HealthRow, unknown>>;
  if (typeof row.kind !== "string" || typeof row.name !== "string") return null;
  return {
    kind: row.kind,
    name: row.name,
    has_oauth: row.has_oauth === true,
    needs_reauth: row.needs_reauth === true,
    token_acquired: row.token_acquired === true,
    ...(typeof row.idp_error_code === "string" && { idp_error_code: row.idp_error_code }),
    refresh_failing: row.refresh_failing === true,
    changed_at: typeof row.changed_at === "string" ? row.changed_at : "",
  };
}
