import "./list.css";
import { useMemo } from "react";
import type { Health } from "../../oauth-health";
import { replaceQuery, useLocation } from "../routing/useLocation";
import { ConnectionTable } from "./ConnectionTable";
import { filterRows, kindsOf, readFilter, writeFilter, type Filter } from "./filter";
import { FilterBar } from "./FilterBar";
import { NothingToList } from "./NothingToList";
import { StateCounts } from "./StateCounts";

/** Every connection, problems first, live. */
export function ListPage({ health }: { readonly health: Health }) {
  const { query } = useLocation();
  const filter = useMemo(() => readFilter(query), [query]);
  // Not deferred: with 50 changes a second there never comes a quiet moment to catch up in.
  const rows = useMemo(() => filterRows(health.rows, filter), [health.rows, filter]);
  const kinds = useMemo(() => kindsOf(health.rows), [health.rows]);
  function show(wanted: Filter): void {
    replaceQuery(writeFilter(wanted));
  }
  return (
    <div className="list-page">
      <h1 className="visually-hidden">Connections</h1>
      <div className="list-tools">
        <StateCounts
          board={health}
          chosen={filter.state}
          onChoose={(state) => {
            show({ ...filter, state });
          }}
        />
        <FilterBar filter={filter} kinds={kinds} shown={rows.length} onChange={show} />
      </div>
      {rows.length > 0 ? (
        <ConnectionTable rows={rows} />
      ) : (
        <NothingToList
          health={health}
          onClear={() => {
            show({ q: "", kind: "", state: "" });
          }}
        />
      )}
    </div>
  );
}
