import { memo } from "react";
import {
  badgeFor,
  ConnectionOAuthHealthBadge,
  stateOf,
  type HealthRow,
  type HealthState,
} from "../../oauth-health";
import { Link } from "../routing/Link";
import { connectionPath } from "../routing/routes";
import { Time } from "../time/Time";

interface Props {
  readonly row: HealthRow;
  readonly index: number;
  /** Pixels from the top of the list. */
  readonly top: number;
  /** Whether the Tab key comes here: to one row only, the arrow keys do the rest. */
  readonly tabbable: boolean;
}

/** What is wrong where the IdP has said nothing about it. */
const WITHOUT_CODE: Record<HealthState, string> = {
  reauth: "no usable grant",
  failing: "the IdP gave no code",
  healthy: "",
  "no-oauth": "",
};

export const ConnectionRow = memo(function ConnectionRow({ row, index, top, tabbable }: Props) {
  const state = stateOf(row);
  const code = row.idp_error_code ?? "";
  return (
    <div role="row" aria-rowindex={index + 2} className={`table-row row-${state}`} style={{ top }}>
      <span role="cell" className="cell-state">
        <ConnectionOAuthHealthBadge row={row} />
        {state === "healthy" && <span className="quiet">Healthy</span>}
        {state === "no-oauth" && <span className="quiet">No OAuth</span>}
      </span>
      <span role="cell" className="cell-name">
        <Link
          href={connectionPath(row)}
          className="row-link"
          data-index={index}
          tabIndex={tabbable ? 0 : -1}
          title={badgeFor(row)?.label ?? `${row.kind}/${row.name}`}
        >
          <span className="quiet">{row.kind}/</span>
          {row.name}
        </Link>
      </span>
      <span role="cell" className={code ? "cell-code mono" : "cell-code quiet"} title={code}>
        {code || WITHOUT_CODE[state]}
      </span>
      <span role="cell" className="cell-token quiet">
        {row.has_oauth && (row.token_acquired ? "Stored" : "None")}
      </span>
      <span role="cell" className="cell-changed quiet">
        <Time iso={row.changed_at} />
      </span>
    </div>
  );
});
