import { describe, expect, it } from "vitest";
import { reduceHealth, UNKNOWN, type Message } from "./health.js";
import { readAge, readChange, readSnapshot, readStaleness } from "./messages.js";
import { row } from "./row.fixture.js";

const reauth = row({ needs_reauth: true });

describe("the reducer", () => {
  it("knows nothing until a snapshot comes", () => {
    expect(UNKNOWN.loaded).toBe(false);
    expect(reduceHealth(UNKNOWN, { type: "snapshot", rows: [] }).loaded).toBe(true);
  });

  it("tells what moved while it was away", () => {
    const before = reduceHealth(UNKNOWN, { type: "snapshot", rows: [row(), row({ name: "gone" })] });
    const after = reduceHealth(before, { type: "snapshot", rows: [reauth] });
    expect(before.shifts).toEqual([]);
    expect(after.shifts).toEqual([{ row: reauth, from: "healthy", to: "reauth" }]);
    expect(after.rows).toEqual([reauth]);
  });

  it("keeps the rows while it is offline", () => {
    const before = reduceHealth(UNKNOWN, { type: "snapshot", rows: [reauth] });
    expect(reduceHealth(before, { type: "transport", transport: "offline" }).rows).toEqual([reauth]);
  });

  it("gives the same value back where nothing changed, so that nothing is drawn", () => {
    const messages: Message[] = [
      { type: "transport", transport: "connecting" },
      { type: "staleness", seconds: 0, away: [] },
    ];
    for (const message of messages) expect(reduceHealth(UNKNOWN, message)).toBe(UNKNOWN);
  });
});

describe("what the API sends", () => {
  it("is read member by member; unknown ones are passed over and a broken row takes no other away", () => {
    const sent = JSON.stringify({ connections: [{ ...reauth, news: 1 }, { kind: 3 }, null], position: 4 });
    expect(readSnapshot(sent)).toEqual({ type: "snapshot", rows: [reauth] });
  });

  it("may lack what has not changed", () => {
    expect(readChange('{"removed":[{"kind":"api","name":"crm"}]}')).toEqual({
      type: "changed",
      changed: [],
      removed: [{ kind: "api", name: "crm" }],
    });
  });

  it("is no message where it is not ours", () => {
    expect([readSnapshot("<html>"), readSnapshot("[]"), readSnapshot("{}"), readChange("nonsense")]).toEqual(
      Array(4).fill(null),
    );
  });

  it.each([
    ["12.5", 12.5],
    ["0", 0],
    ["-1", 0],
    ["soon", 0],
  ])("says by %s that it lags %d seconds", (header, seconds) => {
    expect(readAge(new Headers({ Age: header }))).toEqual({ type: "staleness", seconds, away: [] });
    expect(readStaleness(JSON.stringify({ seconds: header }))).toEqual({
      type: "staleness",
      seconds,
      away: [],
    });
  });

  it("names who is away in a header and in the stream alike", () => {
    const told = { type: "staleness", seconds: 7, away: ["event-store", "refresher"] };
    expect(readAge(new Headers({ Age: "7", "Authpulse-Away": "event-store, refresher" }))).toEqual(told);
    expect(readStaleness(JSON.stringify({ seconds: 7, away: ["event-store", 3, "refresher"] }))).toEqual(
      told,
    );
  });
});
