/** Whether what is shown is what is so. Pure. */

import type { Health } from "../../oauth-health";

/** Seconds; the API looks at its ledger every second or so, even if nothing wakes it. */
const USUAL_AGE = 5;

export function isStale({ staleness }: Pick<Health, "staleness">): boolean {
  return staleness >= USUAL_AGE;
}

/** False while the API or its ledger is away: what failed meanwhile is worth asking again once it is true. */
export function isCurrent(health: Pick<Health, "staleness" | "transport">): boolean {
  return health.transport !== "offline" && !isStale(health);
}
