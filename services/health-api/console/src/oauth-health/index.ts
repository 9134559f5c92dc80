/** What another React app may use of the console. */

export { badgeFor, type Badge } from "./badge.js";
export type { Board, Shift } from "./board.js";
export { ConnectionOAuthHealthBadge } from "./ConnectionOAuthHealthBadge.js";
export type { Pace } from "./follow.js";
export type { Health, Staleness, Transport } from "./health.js";
export { stateOf, STATES, type ConnectionRef, type HealthRow, type HealthState } from "./row.js";
export { useConnectionsOAuthHealth, type OAuthHealthOptions } from "./useConnectionsOAuthHealth.js";
