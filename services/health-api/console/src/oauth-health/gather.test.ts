import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { gather } from "./gather.js";
import type { Message } from "./health.js";
import { row } from "./row.fixture.js";

const well = row();
const lost = row({ needs_reauth: true });
const other = row({ name: "other" });

function changed(rows: (typeof well)[], removed: (typeof well)[] = []): Message {
  return { type: "changed", changed: rows, removed };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("gathered messages", () => {
  it("pass at once while they are few", () => {
    const emit = vi.fn();
    gather(emit, 100).tell(changed([well]));
    expect(emit).toHaveBeenCalledExactlyOnceWith(changed([well]));
  });

  it("become one while they are many, in which the last word counts", () => {
    const emit = vi.fn();
    const { tell } = gather(emit, 100);
    for (const message of [changed([]), changed([well, other]), changed([lost]), changed([], [other])])
      tell(message);
    expect(emit).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(100);
    expect(emit).toHaveBeenCalledTimes(2);
    expect(emit).toHaveBeenLastCalledWith(changed([lost], [other]));
  });

  it("keep their order around a message of another kind", () => {
    const seen: string[] = [];
    const { tell } = gather((message) => seen.push(message.type), 100);
    tell(changed([]));
    tell(changed([well]));
    tell({ type: "transport", transport: "offline" });
    tell(changed([lost]));
    vi.advanceTimersByTime(100);
    expect(seen).toEqual(["changed", "changed", "transport", "changed"]);
  });

  it("bring back a connection that was removed and registered anew in between", () => {
    const emit = vi.fn();
    const { tell } = gather(emit, 100);
    for (const message of [changed([]), changed([], [well]), changed([lost])]) tell(message);
    vi.advanceTimersByTime(100);
    expect(emit).toHaveBeenLastCalledWith(changed([lost]));
  });

  it("are dropped once nobody listens", () => {
    const emit = vi.fn();
    const { tell, stop } = gather(emit, 100);
    tell(changed([]));
    tell(changed([well]));
    stop();
    vi.advanceTimersByTime(1000);
    expect(emit).toHaveBeenCalledTimes(1);
  });
});
