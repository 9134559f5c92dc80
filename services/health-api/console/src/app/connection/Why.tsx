import type { HealthRow } from "../../oauth-health";
import { stateOf } from "../../oauth-health";
import type { Status } from "../api/connections";

/** Why the connection is as it is, and the next step: the API's own words. */
export function Why({ row, status }: { readonly row: HealthRow | undefined; readonly status: Status }) {
  if (!status.explanation && !status.next_step) return null;
  return (
    <section className={`why why-${row ? stateOf(row) : "healthy"}`} aria-label="Why">
      {status.explanation && <p>{status.explanation}</p>}
      {status.next_step && (
        <p>
          <strong>Next:</strong> {status.next_step}
        </p>
      )}
    </section>
  );
}
