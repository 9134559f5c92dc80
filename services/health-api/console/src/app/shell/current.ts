/** Whether what is shown is what is so. Pure. */

import type { Health } from "../../oauth-health";

/** Seconds; news take one or two, even if nothing happens. */
const USUAL_AGE = 5;

export function isStale({ staleness }: Pick<Health, "staleness">): boolean {
  return staleness.seconds >= USUAL_AGE || staleness.away.length > 0;
}

/** False while the API or its ledger is away: what failed meanwhile is worth asking again once it is true. */
export function isCurrent(health: Pick<Health, "staleness" | "transport">): boolean {
  return health.transport !== "offline" && !isStale(health);
}
