import type { AuthEvent } from "../api/connections";
import { Time } from "../time/Time";
import { actorWords, codeOf, describe, MARKS, wordsFor } from "./eventWords";

export function HistoryTable({ events }: { readonly events: readonly AuthEvent[] }) {
  if (events.length === 0) return <p className="quiet">Nothing of this kind has happened.</p>;
  return (
    <table className="history-table">
      <thead>
        <tr>
          <th scope="col">When</th>
          <th scope="col">What</th>
          <th scope="col">IdP&apos;s code</th>
          <th scope="col">Detail</th>
          <th scope="col">By</th>
        </tr>
      </thead>
      <tbody>
        {events.map((event) => (
          <HistoryRow key={event.event_id} event={event} />
        ))}
      </tbody>
    </table>
  );
}

function HistoryRow({ event }: { readonly event: AuthEvent }) {
  const { label, tone } = wordsFor(event.event_type);
  return (
    <tr>
      <td className="history-when">
        <Time iso={event.occurred_at} />
      </td>
      <td className={`history-what tone-${tone}`}>
        <span aria-hidden="true" className="history-mark">
          {MARKS[tone]}
        </span>{" "}
        {label}
      </td>
      <td className="mono history-code">{codeOf(event)}</td>
      <td className="quiet">{describe(event)}</td>
      <td className="quiet history-by" title={event.actor}>
        {actorWords(event.actor)}
      </td>
    </tr>
  );
}
