/** All rows, problems first; a pure value that a snapshot replaces and a change merges into. */

import { stateOf, STATES, type ConnectionRef, type HealthRow, type HealthState } from "./row";

export interface Board {
  /** Worst state first, then by kind and name. */
  readonly rows: readonly HealthRow[];
  readonly counts: Readonly<Record<HealthState, number>>;
}

/** What one message did to the states: the rows that entered another state. */
export interface Shift {
  readonly row: HealthRow;
  readonly from: HealthState;
  readonly to: HealthState;
}

export const EMPTY_BOARD: Board = boardOf([]);

const RANK = new Map(STATES.map((state, rank) => [state, rank]));

/** Orders by rank of state, kind, name; by code unit, as no locale may make two consoles differ. */
export function compareRows(a: HealthRow, b: HealthRow): number {
  const rank = (RANK.get(stateOf(a)) ?? 0) - (RANK.get(stateOf(b)) ?? 0);
  if (rank !== 0) return rank;
  if (a.kind !== b.kind) return a.kind < b.kind ? -1 : 1;
  if (a.name !== b.name) return a.name < b.name ? -1 : 1;
  return 0;
}

export function snapshotBoard(rows: readonly HealthRow[]): Board {
  return boardOf([...rows].sort(compareRows));
}

/** Linear in the rows: sorting 100,000 rows for one change would take a frame's time many times over. */
export function changeBoard(
  board: Board,
  changed: readonly HealthRow[],
  removed: readonly ConnectionRef[],
): { board: Board; shifts: Shift[] } {
  const fresh = index(changed);
  const gone = index(removed);
  const shifts: Shift[] = [];
  const kept = board.rows.filter((row) => {
    const next = fresh.get(row.kind)?.get(row.name);
    if (next) {
      const [from, to] = [stateOf(row), stateOf(next)];
      if (from !== to) shifts.push({ row: next, from, to });
      return false;
    }
    return !gone.get(row.kind)?.has(row.name);
  });
  const incoming = [...fresh.values()].flatMap((names) => [...names.values()]).sort(compareRows);
  return { board: boardOf(merge(kept, incoming)), shifts };
}

/** By kind, then name: the last of equals wins. */
function index<Ref extends ConnectionRef>(refs: readonly Ref[]): Map<string, Map<string, Ref>> {
  const kinds = new Map<string, Map<string, Ref>>();
  for (const ref of refs) {
    const names = kinds.get(ref.kind) ?? new Map<string, Ref>();
    kinds.set(ref.kind, names.set(ref.name, ref));
  }
  return kinds;
}

function merge(left: readonly HealthRow[], right: readonly HealthRow[]): HealthRow[] {
  const merged: HealthRow[] = [];
  let next = 0;
  for (const row of left) {
    for (let other = right[next]; other && compareRows(other, row) < 0; other = right[++next])
      merged.push(other);
    merged.push(row);
  }
  return merged.concat(right.slice(next));
}

function boardOf(rows: readonly HealthRow[]): Board {
  const counts = { reauth: 0, failing: 0, healthy: 0, "no-oauth": 0 };
  for (const row of rows) counts[stateOf(row)] += 1;
  return { rows, counts };
}
