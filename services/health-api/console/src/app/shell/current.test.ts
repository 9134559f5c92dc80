import { describe, expect, it } from "vitest";
import { isCurrent } from "./current";

describe("what is shown", () => {
  it.each([
    ["stream", 0, [], true],
    ["polling", 4, [], true],
    ["connecting", 0, [], true],
    ["stream", 5, [], false],
    ["stream", 0, ["event-store"], false],
    ["offline", 0, [], false],
  ] as const)("by %s, %d s old, without %j, is current: %s", (transport, seconds, away, expected) => {
    expect(isCurrent({ transport, staleness: { seconds, away } })).toBe(expected);
  });
});
