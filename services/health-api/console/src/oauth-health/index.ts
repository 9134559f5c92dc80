/** What another React app may use of the console. */

export { badgeFor, type Badge } from "./badge";
export type { Board, Shift } from "./board";
export { ConnectionOAuthHealthBadge } from "./ConnectionOAuthHealthBadge";
export type { Pace } from "./follow";
export type { Health, Transport } from "./health";
export { stateOf, STATES, type ConnectionRef, type HealthRow, type HealthState } from "./row";
export { useConnectionsOAuthHealth, type OAuthHealthOptions } from "./useConnectionsOAuthHealth";
