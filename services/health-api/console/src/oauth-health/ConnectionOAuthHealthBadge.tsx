import "./badge.css";
import { badgeFor } from "./badge.js";
import type { HealthRow } from "./row.js";

/** Red "reauth" or amber "refresh failing" for a connection that needs a look; nothing for one that does not. */
export function ConnectionOAuthHealthBadge({ row }: { readonly row: HealthRow | undefined }) {
  const badge = row && badgeFor(row);
  if (!badge) return null;
  return (
    <span
      className={`authpulse-badge authpulse-badge-${badge.tone}`}
      role="img"
      title={badge.label}
      aria-label={badge.label}
    >
      <svg className="authpulse-badge-mark" viewBox="0 0 12 12" aria-hidden="true">
        {badge.tone === "red" ? <path d="M3 3l6 6M9 3l-6 6" /> : <path d="M6 2v5M6 9.5v.5" />}
      </svg>
      {badge.text}
    </span>
  );
}
