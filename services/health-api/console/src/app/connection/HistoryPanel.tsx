import { useState } from "react";
import type { ConnectionRef } from "../../oauth-health";
import { Notice } from "../shell/Notice";
import { EVENT_TYPES } from "./eventWords";
import { HistoryTable } from "./HistoryTable";
import { useHistory } from "./useHistory";

/** What happened, newest first, with the IdP's code; older pages on demand. */
export function HistoryPanel({ kind, name, version }: ConnectionRef & { readonly version: string }) {
  const [type, setType] = useState("");
  const { pages, problem, loadOlder } = useHistory(kind, name, type, version);
  return (
    <section className="panel history" aria-labelledby="history-title">
      <div className="panel-head">
        <h2 id="history-title">History</h2>
        <select
          aria-label="Type of event"
          value={type}
          onChange={(event) => {
            setType(event.target.value);
          }}
        >
          <option value="">All events</option>
          {Object.entries(EVENT_TYPES).map(([each, { label }]) => (
            <option key={each} value={each}>
              {label}
            </option>
          ))}
        </select>
      </div>
      {problem && <Notice tone="amber" title={problem.title} detail={problem.detail} />}
      {pages && <HistoryTable events={pages.events} />}
      {pages?.older && (
        <button type="button" onClick={loadOlder}>
          Load older
        </button>
      )}
    </section>
  );
}
