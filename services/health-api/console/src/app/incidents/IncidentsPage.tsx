import "./incidents.css";
import { useCallback } from "react";
import type { Health } from "../../oauth-health";
import { getIncidents } from "../api/incidents";
import { useAnswer } from "../api/useAnswer";
import { isCurrent } from "../shell/current";
import { Notice } from "../shell/Notice";
import { IncidentCard } from "./IncidentCard";

/** Failures with one shared cause, each once; asked again whenever the number of troubled connections changes. */
export function IncidentsPage({ health }: { readonly health: Health }) {
  const ask = useCallback((signal: AbortSignal) => getIncidents(signal), []);
  const answer = useAnswer(ask, `${health.counts.reauth} ${health.counts.failing} ${isCurrent(health)}`);
  return (
    <div className="page">
      <h1>Incidents</h1>
      <p className="quiet">Connections that fail for one shared cause count as one incident.</p>
      {!answer && <p className="page-note">Loading incidents…</p>}
      {answer && !answer.ok && (
        <Notice tone="amber" title={answer.problem.title} detail={answer.problem.detail} />
      )}
      {answer?.ok && answer.body.incidents.length === 0 && <p className="page-note">✓ No incident.</p>}
      {answer?.ok && (
        <ul className="incidents">
          {answer.body.incidents.map((incident) => (
            <li key={incident.id}>
              <IncidentCard incident={incident} />
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
