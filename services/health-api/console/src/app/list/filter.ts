/** What of the list is looked at: kept in the address, so that a view can be sent to a colleague. Pure. */

import { stateOf, STATES, type HealthRow, type HealthState } from "../../oauth-health";

export interface Filter {
  /** Sought in kind/name and in the code, letter case aside. */
  readonly q: string;
  readonly kind: string;
  readonly state: HealthState | "";
}

export function readFilter(query: string): Filter {
  const search = new URLSearchParams(query);
  const state = STATES.find((each) => each === search.get("state"));
  return { q: search.get("q") ?? "", kind: search.get("kind") ?? "", state: state ?? "" };
}

export function writeFilter(filter: Filter): string {
  return new URLSearchParams(Object.entries(filter).filter(([, value]) => value !== "")).toString();
}

export function isOpen(filter: Filter): boolean {
  return filter.q === "" && filter.kind === "" && filter.state === "";
}

export function filterRows(rows: readonly HealthRow[], filter: Filter): readonly HealthRow[] {
  if (isOpen(filter)) return rows;
  const sought = filter.q.trim().toLowerCase();
  return rows.filter(
    (row) =>
      (filter.kind === "" || row.kind === filter.kind) &&
      (filter.state === "" || stateOf(row) === filter.state) &&
      (sought === "" || searchText(row).includes(sought)),
  );
}

/** Kept with its row: making 100,000 of them anew at every key and every change would be felt. */
const SEARCH_TEXTS = new WeakMap<HealthRow, string>();

function searchText(row: HealthRow): string {
  let text = SEARCH_TEXTS.get(row);
  if (text === undefined) {
    text = `${row.kind}/${row.name}\n${row.idp_error_code ?? ""}`.toLowerCase();
    SEARCH_TEXTS.set(row, text);
  }
  return text;
}

/** The kinds that there are, in order. */
export function kindsOf(rows: readonly HealthRow[]): string[] {
  const kinds = new Set<string>();
  for (const { kind } of rows) kinds.add(kind);
  return [...kinds].sort();
}
