import type { AuthEvent } from "../api/connections";

/** A successful refresh, but for what is given. */
export function authEvent(version: number, given: Partial<AuthEvent> = {}): AuthEvent {
  return {
    event_id: `event-${version}`,
    event_type: "refresh_succeeded",
    version,
    occurred_at: "2026-03-01T00:00:00Z",
    actor: "system:background-refresh",
    state: { has_oauth: true, needs_reauth: false },
    ...given,
  };
}
