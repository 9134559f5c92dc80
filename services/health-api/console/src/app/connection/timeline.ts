/** The last 90 days as stretches of one state, read off the events. Pure. */

import type { AuthEvent } from "../api/connections";

export const DAYS = 90;
export const DAY_MS = 86_400_000;

/** `unknown`: before the first event that is known. */
export type StretchState = "unknown" | "healthy" | "failing" | "reauth" | "no-oauth";

/** From `from` to `to`, milliseconds. */
export interface Stretch {
  readonly state: StretchState;
  readonly from: number;
  readonly to: number;
}

/** The state that an event leaves behind: what the badge showed from then on. */
export function stateAfter(event: AuthEvent): StretchState {
  if (event.event_type === "connection_removed") return "unknown";
  if (!event.state.has_oauth) return "no-oauth";
  if (event.state.needs_reauth) return "reauth";
  return event.event_type === "refresh_failed_transient" ? "failing" : "healthy";
}

/**
 * Stretches without gaps, oldest first, up to `now`; neighbours differ in state.
 *
 * They begin 90 days ago, or with the first event where nothing is known of before: a young connection's few hours
 * would be a hair's breadth in 90 days.
 */
export function stretches(newestFirst: readonly AuthEvent[], now: number): Stretch[] {
  const begin = now - DAYS * DAY_MS;
  const found: Stretch[] = [{ state: "unknown", from: begin, to: now }];
  for (const event of newestFirst.toReversed()) {
    const at = Math.min(Math.max(Date.parse(event.occurred_at), begin), now);
    const last = found.at(-1);
    const state = stateAfter(event);
    if (!last || last.state === state || Number.isNaN(at)) continue;
    found.pop();
    if (at > last.from) found.push({ ...last, to: at });
    const before = found.at(-1);
    if (before?.state === state) found.splice(-1, 1, { ...before, to: now });
    else found.push({ state, from: Math.max(at, last.from), to: now });
  }
  return found[0]?.state === "unknown" ? found.slice(Math.min(1, found.length - 1)) : found;
}

/** How long each state lasted in all, in milliseconds. */
export function totals(found: readonly Stretch[]): Map<StretchState, number> {
  const sums = new Map<StretchState, number>();
  for (const { state, from, to } of found) sums.set(state, (sums.get(state) ?? 0) + to - from);
  return sums;
}
