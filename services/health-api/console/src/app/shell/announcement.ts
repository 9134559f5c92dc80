/** What a screen reader hears of changes: shifts → one short sentence. */

import { badgeFor, type HealthState, type Shift } from "../../oauth-health";

const NAMED_AT_MOST = 3;

const COUNTED: Record<HealthState, string> = {
  reauth: "Now need reauth",
  failing: "Now fail to refresh",
  healthy: "Healthy again",
  "no-oauth": "Without OAuth now",
};

export function announcement(shifts: readonly Shift[]): string {
  if (shifts.length <= NAMED_AT_MOST) return shifts.map(sentence).join(" ");
  const counts = new Map<HealthState, number>();
  for (const { to } of shifts) counts.set(to, (counts.get(to) ?? 0) + 1);
  return [...counts].map(([state, count]) => `${COUNTED[state]}: ${count}.`).join(" ");
}

function sentence({ row, to }: Shift): string {
  const name = `${row.kind}/${row.name}`;
  if (to === "healthy") return `${name} is healthy again.`;
  return `${name}: ${badgeFor(row)?.label ?? "No OAuth."}`;
}
