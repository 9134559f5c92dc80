/** What the badge says: row → words, or null for no badge. */

import { stateOf, type HealthRow } from "./row.js";

export interface Badge {
  readonly tone: "red" | "amber";
  /** What is seen. */
  readonly text: string;
  /** The title, and what a screen reader says. */
  readonly label: string;
}

export function badgeFor(row: HealthRow): Badge | null {
  const code = row.idp_error_code ? ` (${row.idp_error_code})` : "";
  switch (stateOf(row)) {
    case "reauth":
      return { tone: "red", text: "reauth", label: `Reauth required${code}. Click in to view details.` };
    case "failing":
      return { tone: "amber", text: "refresh failing", label: `Last refresh failed${code}. Retrying.` };
    case "healthy":
    case "no-oauth":
      return null;
  }
}
