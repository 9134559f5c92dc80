import { describe, expect, it } from "vitest";
import { changeBoard, compareRows, EMPTY_BOARD, snapshotBoard } from "./board.js";
import { row } from "./row.fixture.js";

const healthy = row({ name: "a" });
const failing = row({ name: "b", refresh_failing: true });
const reauth = row({ name: "c", needs_reauth: true });
const plain = row({ name: "d", has_oauth: false });

describe("a board", () => {
  it("shows problems first", () => {
    const { rows } = snapshotBoard([plain, healthy, failing, reauth]);
    expect(rows).toEqual([reauth, failing, healthy, plain]);
  });

  it("counts each state", () => {
    expect(snapshotBoard([healthy, failing, reauth, plain]).counts).toEqual({
      reauth: 1,
      failing: 1,
      healthy: 1,
      "no-oauth": 1,
    });
  });

  it("moves a row that got worse to the top and says so", () => {
    const worse = { ...healthy, needs_reauth: true };
    const { board, shifts } = changeBoard(snapshotBoard([healthy, failing]), {
      changed: [worse],
      removed: [],
    });
    expect(board.rows).toEqual([worse, failing]);
    expect(shifts).toEqual([{ row: worse, from: "healthy", to: "reauth" }]);
  });

  it("does not call a change within a state a shift", () => {
    const later = { ...healthy, changed_at: "2026-02-02T00:00:00Z" };
    expect(changeBoard(snapshotBoard([healthy]), { changed: [later], removed: [] }).shifts).toEqual([]);
  });

  it("lets a removed row go, and passes over one that it never had", () => {
    const { board } = changeBoard(snapshotBoard([healthy, reauth]), {
      changed: [],
      removed: [healthy, { kind: "x", name: "y" }],
    });
    expect(board).toEqual(snapshotBoard([reauth]));
  });

  it("takes the last of two rows of one connection", () => {
    const { board } = changeBoard(EMPTY_BOARD, {
      changed: [healthy, { ...healthy, needs_reauth: true }],
      removed: [],
    });
    expect(board).toEqual(snapshotBoard([{ ...healthy, needs_reauth: true }]));
  });

  it("is the same by changes as by a snapshot, whatever the order", () => {
    // A linear congruential generator, so that a failure can be seen again.
    let seed = 7;
    const next = (below: number): number => (seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648) % below;
    const truth = new Map<string, ReturnType<typeof row>>();
    let board = EMPTY_BOARD;
    for (let round = 0; round < 300; round += 1) {
      const changed = row({
        kind: `k${next(3)}`,
        name: `n${next(20)}`,
        has_oauth: next(5) > 0,
        needs_reauth: next(3) === 0,
        refresh_failing: next(3) === 0,
      });
      const gone = next(4) === 0 ? [...truth.values()].slice(0, 1) : [];
      for (const each of gone) truth.delete(`${each.kind}/${each.name}`);
      truth.set(`${changed.kind}/${changed.name}`, changed);
      const removed = gone.filter((each) => each.kind !== changed.kind || each.name !== changed.name);
      board = changeBoard(board, { changed: [changed], removed: removed }).board;
      expect(board).toEqual(snapshotBoard([...truth.values()]));
    }
  });

  it("orders by code unit, not by a locale", () => {
    expect(compareRows(row({ name: "Z" }), row({ name: "a" }))).toBe(-1);
  });

  it("takes one change among 100,000 rows in far less than a second", () => {
    const many = Array.from({ length: 100_000 }, (_, index) => row({ name: `connection-${index}` }));
    const board = snapshotBoard(many);
    const begun = performance.now();
    changeBoard(board, { changed: [row({ name: "connection-777", needs_reauth: true })], removed: [] });
    expect(performance.now() - begun).toBeLessThan(500);
  });
});
