/** All rows, problems first; a pure value that a snapshot replaces and a change merges into. */

import { stateOf, STATES, type ConnectionRef, type HealthRow, type HealthState } from "./row.js";

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
export function changeBoard(board: Board, { changed, removed }: Changes): { board: Board; shifts: Shift[] } {
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
    return !has(gone, row);
  });
  const incoming = [...fresh.values()].flatMap((names) => [...names.values()]).sort(compareRows);
  return { board: boardOf(merge(kept, incoming)), shifts };
}

/** What to do to a board: rows that are new or changed, and connections that are gone. */
export interface Changes {
  readonly changed: readonly HealthRow[];
  readonly removed: readonly ConnectionRef[];
}

/** First `earlier`, then `later`, as one. */
export function combineChanges(earlier: Changes, later: Changes): Changes {
  const [fresh, gone] = [index(later.changed), index(later.removed)];
  return {
    changed: [...earlier.changed.filter((row) => !has(gone, row) && !has(fresh, row)), ...later.changed],
    removed: [...earlier.removed.filter((ref) => !has(gone, ref) && !has(fresh, ref)), ...later.removed],
  };
}

function has(
  refs: ReadonlyMap<string, ReadonlyMap<string, unknown>>,
  { kind, name }: ConnectionRef,
): boolean {
  return refs.get(kind)?.has(name) ?? false;
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

/** Both are in order; `right` is short, so each of its rows is sought by halving. */
function merge(left: readonly HealthRow[], right: readonly HealthRow[]): HealthRow[] {
  const parts: HealthRow[][] = [];
  let begin = 0;
  for (const row of right) {
    const place = placeFor(row, left, begin);
    parts.push(left.slice(begin, place), [row]);
    begin = place;
  }
  return parts.flat().concat(left.slice(begin));
}

/** Where `row` belongs in `rows`, at `from` or after it. */
function placeFor(row: HealthRow, rows: readonly HealthRow[], from: number): number {
  let [low, high] = [from, rows.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const held = rows[middle];
    if (held && compareRows(held, row) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function boardOf(rows: readonly HealthRow[]): Board {
  const counts = { reauth: 0, failing: 0, healthy: 0, "no-oauth": 0 };
  for (const row of rows) counts[stateOf(row)] += 1;
  return { rows, counts };
}
