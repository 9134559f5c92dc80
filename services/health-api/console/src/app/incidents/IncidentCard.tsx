import { useState } from "react";
import type { Incident } from "../api/incidents";
import { Link } from "../routing/Link";
import { connectionPath } from "../routing/routes";
import { Lasting } from "../time/Lasting";

const SHOWN_FIRST = 8;

export function IncidentCard({ incident }: { readonly incident: Incident }) {
  const [open, setOpen] = useState(false);
  const { connections } = incident;
  const shown = open ? connections : connections.slice(0, SHOWN_FIRST);
  const number = incident.count === 1 ? "1 connection" : `${incident.count.toLocaleString("en")} connections`;
  return (
    <article className="panel incident" aria-label={incident.title}>
      <h2>{incident.title}</h2>
      <p className="quiet">
        <strong>{number}</strong> for <Lasting since={incident.since} />
        {incident.idp_host && (
          <>
            {" "}
            · <span className="mono">{incident.idp_host}</span>
          </>
        )}
        {incident.client_id && (
          <>
            {" "}
            · client <span className="mono">{incident.client_id}</span>
          </>
        )}
      </p>
      <p>{incident.explanation}</p>
      <p>
        <strong>Next:</strong> {incident.next_step}
      </p>
      <ul className="incident-connections">
        {shown.map((connection) => (
          <li key={`${connection.kind}\n${connection.name}`}>
            <Link href={connectionPath(connection)}>
              {connection.kind}/{connection.name}
            </Link>
          </li>
        ))}
      </ul>
      {connections.length > SHOWN_FIRST && (
        <button
          type="button"
          aria-expanded={open}
          onClick={() => {
            setOpen(!open);
          }}
        >
          {open ? "Show fewer" : `Show all ${connections.length.toLocaleString("en")}`}
        </button>
      )}
    </article>
  );
}
