import type { ConnectionRef } from "../../oauth-health";
import { pointWords, duration } from "../time/format";
import { useNow } from "../time/useNow";
import { DAY_MS, DAYS, stretches, totals, type StretchState } from "./timeline";
import { TimelinePicture } from "./TimelinePicture";
import { useTimeline } from "./useTimeline";

const LABELS: Record<StretchState, string> = {
  reauth: "Reauth required",
  failing: "Refresh failing",
  healthy: "Healthy",
  "no-oauth": "No OAuth",
  unknown: "Not known",
};

/** The last 90 days, or as much as is known: a picture, and the same in words. */
export function TimelinePanel({ kind, name, version }: ConnectionRef & { readonly version: string }) {
  const now = useNow();
  const events = useTimeline(kind, name, version);
  if (!events) return null;
  const found = stretches(events, now);
  const sums = totals(found);
  const span = now - (found[0]?.from ?? now);
  return (
    <section className="panel timeline" aria-labelledby="timeline-title">
      <h2 id="timeline-title">Last {span === DAYS * DAY_MS ? `${DAYS} days` : duration(span)}</h2>
      <TimelinePicture found={found} />
      <div className="timeline-ends quiet" aria-hidden="true">
        <span>{pointWords(now - span, now)}</span>
        <span>{pointWords(now - span / 2, now)}</span>
        <span>now</span>
      </div>
      <ul className="legend">
        {(Object.keys(LABELS) as StretchState[])
          .filter((state) => sums.has(state))
          .map((state) => (
            <li key={state}>
              <svg viewBox="0 0 12 12" width="12" height="12" aria-hidden="true">
                <rect className={`stretch stretch-${state}`} width="12" height="12" />
              </svg>
              {LABELS[state]} {duration(sums.get(state) ?? 0)}
            </li>
          ))}
      </ul>
    </section>
  );
}
