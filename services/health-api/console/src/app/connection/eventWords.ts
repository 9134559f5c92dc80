/** Words for the twelve facts of a connection's life. Pure. */

import type { AuthEvent } from "../api/connections";
import { absoluteTime, duration } from "../time/format";

/** `tone` is that of the badge which the fact brings about. */
export const EVENT_TYPES: Readonly<
  Record<string, { readonly label: string; readonly tone: "good" | "bad" | "wait" | "plain" }>
> = {
  connection_registered: { label: "Registered", tone: "plain" },
  connection_changed: { label: "Configuration changed", tone: "plain" },
  connection_removed: { label: "Removed", tone: "plain" },
  connect_started: { label: "Sign-in started", tone: "plain" },
  connect_completed: { label: "Connected", tone: "good" },
  connect_failed: { label: "Sign-in failed", tone: "bad" },
  refresh_succeeded: { label: "Refreshed", tone: "good" },
  refresh_failed_transient: { label: "Refresh failed, retrying", tone: "wait" },
  refresh_failed_revoked: { label: "Refused for good", tone: "bad" },
  refresh_skipped_no_token: { label: "No refresh token", tone: "bad" },
  refresh_skipped_expired: { label: "Refresh deadline passed", tone: "bad" },
  token_deleted_admin: { label: "Token forgotten", tone: "bad" },
};

export const MARKS = { good: "✓", bad: "✕", wait: "!", plain: "·" } as const;

export function wordsFor(type: string): { label: string; tone: keyof typeof MARKS } {
  return EVENT_TYPES[type] ?? { label: type, tone: "plain" };
}

/** The detail in a line: only what is there, in an order that reads. */
export function describe(event: AuthEvent): string {
  const detail = event.detail ?? {};
  const text = (member: string): string => (typeof detail[member] === "string" ? detail[member] : "");
  const number = (member: string): number | null =>
    typeof detail[member] === "number" ? detail[member] : null;
  const [status, took, attempt] = [number("http_status"), number("duration_ms"), number("attempt")];
  const changed = Array.isArray(detail.changed) ? detail.changed.join(", ") : "";
  const parts = [
    status !== null && status >= 300 && `HTTP ${status}`,
    text("cause"),
    text("outcome") === "unknown" && "outcome unknown",
    detail.token_deleted === true && "token deleted",
    attempt !== null && `attempt ${attempt}`,
    text("next_attempt_at") && `next try ${absoluteTime(text("next_attempt_at"))}`,
    changed && `changed ${changed}`,
    detail.tokens_forgotten === true && "tokens forgotten",
    detail.tokens_brought === true && "tokens brought along",
    text("declared_by") && `declared by ${text("declared_by")}`,
    text("scope") && `scope ${text("scope")}`,
    detail.revoked_at_idp === true && "revoked at the IdP",
    detail.revoked_at_idp === false && "not revoked at the IdP",
    detail.rotated_refresh === true && "refresh token rotated",
    text("after_expires_at") && `good until ${absoluteTime(text("after_expires_at"))}`,
    took !== null && (took < 1000 ? `${took} ms` : duration(took)),
  ];
  return parts.filter(Boolean).join(" · ");
}

/** Who did it: the system's own parts in words, a person as named. */
export function actorWords(actor: string): string {
  return actor.startsWith("system:") ? actor.slice("system:".length).replaceAll("-", " ") : actor;
}

/** The IdP's code, "" for none. */
export function codeOf(event: AuthEvent): string {
  const code = event.detail?.idp_error_code;
  return typeof code === "string" ? code : "";
}
