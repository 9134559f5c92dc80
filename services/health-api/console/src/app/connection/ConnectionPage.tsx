import "./connection.css";
import { useCallback, useEffect, useState } from "react";
import { ConnectionOAuthHealthBadge, stateOf, type ConnectionRef, type Health } from "../../oauth-health";
import { getStatus } from "../api/connections";
import type { Identity } from "../api/session";
import { useAnswer } from "../api/useAnswer";
import { Link } from "../routing/Link";
import { LIST_PATH } from "../routing/routes";
import { isCurrent } from "../shell/current";
import { Notice } from "../shell/Notice";
import { Actions } from "./Actions";
import { HistoryPanel } from "./HistoryPanel";
import { StatusPanel } from "./StatusPanel";
import { TimelinePanel } from "./TimelinePanel";
import { Why } from "./Why";

interface Props extends ConnectionRef {
  readonly health: Health;
  /** Null while it is not known; the API decides in any case. */
  readonly identity: Identity | null;
}

/** One connection: what is true of it, why, what to do, and what happened; renewed with each change of its row. */
export function ConnectionPage({ kind, name, health, identity }: Props) {
  const row = health.rows.find((each) => each.kind === kind && each.name === name);
  // An action's answer counts as a change too: the row may come a moment later.
  const [acted, setActed] = useState(0);
  const version = `${row?.changed_at ?? ""} ${isCurrent(health)} ${acted}`;
  const ask = useCallback((signal: AbortSignal) => getStatus({ kind, name }, signal), [kind, name]);
  const status = useAnswer(ask, version);
  useEffect(() => {
    document.title = `${kind}/${name} · authpulse`;
    return () => {
      document.title = "authpulse";
    };
  }, [kind, name]);
  return (
    <div className="page connection-page">
      <Link href={LIST_PATH} className="back">
        ← Connections
      </Link>
      <div className="title-row">
        <h1>
          <span className="quiet">{kind}/</span>
          {name}
        </h1>
        <ConnectionOAuthHealthBadge row={row} />
        {row && stateOf(row) === "healthy" && <span className="state-healthy">✓ Healthy</span>}
      </div>
      {status?.ok && <Why row={row} status={status.body} />}
      {status && !status.ok && (
        <Notice tone="amber" title={status.problem.title} detail={status.problem.detail} />
      )}
      {row?.has_oauth && status?.ok && identity?.role === "viewer" && (
        <p className="quiet">You are signed in as a viewer: what can be done here is for an admin.</p>
      )}
      {row?.has_oauth && status?.ok && identity?.role !== "viewer" && (
        <Actions
          connection={{ kind, name }}
          status={status.body}
          onActed={() => {
            setActed((times) => times + 1);
          }}
        />
      )}
      <TimelinePanel kind={kind} name={name} version={version} />
      <div className="panels">
        {status?.ok && <StatusPanel status={status.body} />}
        <HistoryPanel kind={kind} name={name} version={version} />
      </div>
    </div>
  );
}
