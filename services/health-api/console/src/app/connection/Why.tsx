import type { HealthRow } from "../../oauth-health";
import { stateOf } from "../../oauth-health";
import type { Status } from "../api/connections";
import { absoluteTime } from "../time/format";
import { Lasting } from "../time/Lasting";
import { Time } from "../time/Time";

/** Why the connection is as it is, since when, and the next step: the API's own words. */
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
      {status.failing_since && (
        <p className="quiet">
          Failing for <Lasting since={status.failing_since} />, since {absoluteTime(status.failing_since)}
          {status.attempts ? ` · ${attempts(status.attempts)}` : ""}
          {status.next_attempt_at && (
            <>
              {" "}
              · next try <Time iso={status.next_attempt_at} />
            </>
          )}{" "}
          · last worked <Time iso={status.last_success_at} none="never" />
        </p>
      )}
    </section>
  );
}

function attempts(count: number): string {
  return count === 1 ? "1 attempt" : `${count} attempts`;
}
