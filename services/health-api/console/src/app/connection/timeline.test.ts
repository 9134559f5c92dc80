import { describe, expect, it } from "vitest";
import { authEvent } from "./event.fixture";
import { DAY_MS, DAYS, stretches, totals } from "./timeline";

const NOW = Date.parse("2026-06-01T00:00:00Z");
const BEGIN = NOW - DAYS * DAY_MS;
const LOST = { has_oauth: true, needs_reauth: true };

function daysAgo(days: number): { occurred_at: string } {
  return { occurred_at: new Date(NOW - days * DAY_MS).toISOString() };
}

describe("the timeline", () => {
  it("is unknown without events", () => {
    expect(stretches([], NOW)).toEqual([{ state: "unknown", from: BEGIN, to: NOW }]);
  });

  it("begins with the first event where nothing is known of before, and joins events that leave the same state", () => {
    const events = [authEvent(3, daysAgo(1)), authEvent(2, daysAgo(5)), authEvent(1, daysAgo(10))];
    expect(stretches(events, NOW)).toEqual([{ state: "healthy", from: NOW - 10 * DAY_MS, to: NOW }]);
  });

  it("begins with the state that the newest event before the 90 days left", () => {
    const events = [
      authEvent(3, { ...daysAgo(20), event_type: "refresh_failed_transient" }),
      authEvent(2, { ...daysAgo(100), state: LOST }),
      authEvent(1, daysAgo(120)),
    ];
    expect(stretches(events, NOW)).toEqual([
      { state: "reauth", from: BEGIN, to: NOW - 20 * DAY_MS },
      { state: "failing", from: NOW - 20 * DAY_MS, to: NOW },
    ]);
  });

  it("has no gap and no overlap, and neighbours that differ, whatever happened", () => {
    const events = Array.from({ length: 60 }, (_, index) =>
      authEvent(60 - index, {
        ...daysAgo(Math.floor(index / 2) * 4),
        event_type: index % 3 === 0 ? "refresh_failed_transient" : "refresh_succeeded",
        state: { has_oauth: index % 7 !== 0, needs_reauth: index % 5 === 0 },
      }),
    );
    const found = stretches(events, NOW);
    expect([found[0]?.from, found.at(-1)?.to]).toEqual([BEGIN, NOW]);
    for (const [index, each] of found.entries()) {
      const next = found[index + 1];
      if (!next) continue;
      expect(next.from).toBe(each.to);
      expect(next.state).not.toBe(each.state);
    }
    expect([...totals(found).values()].reduce((sum, part) => sum + part)).toBe(DAYS * DAY_MS);
  });

  it("knows nothing of the time after a removal", () => {
    const events = [
      authEvent(2, { ...daysAgo(3), event_type: "connection_removed" }),
      authEvent(1, daysAgo(9)),
    ];
    expect(stretches(events, NOW).at(-1)).toEqual({ state: "unknown", from: NOW - 3 * DAY_MS, to: NOW });
  });
});
