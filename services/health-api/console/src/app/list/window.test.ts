import { describe, expect, it } from "vitest";
import { drawnRows, rowAfterKey, scrollTopFor } from "./window";

describe("the drawn rows", () => {
  it("are those in sight and a few more", () => {
    expect(drawnRows({ top: 3_600, height: 360 }, 36, 100_000)).toEqual({ first: 92, end: 118 });
  });

  it("stay within the list, also where it has just become shorter", () => {
    expect(drawnRows({ top: 0, height: 360 }, 36, 3)).toEqual({ first: 0, end: 3 });
    expect(drawnRows({ top: 9_000, height: 360 }, 36, 3)).toEqual({ first: 2, end: 3 });
    expect(drawnRows({ top: 0, height: 360 }, 36, 0)).toEqual({ first: 0, end: 0 });
  });

  it("always hold what is in sight", () => {
    for (let top = 0; top < 5_000; top += 17) {
      const { first, end } = drawnRows({ top, height: 500 }, 36, 1_000);
      expect(first * 36).toBeLessThanOrEqual(top);
      expect(end * 36).toBeGreaterThanOrEqual(top + 500);
    }
  });
});

describe("the keys", () => {
  it.each([
    ["ArrowDown", 5, 6],
    ["ArrowDown", 99, 99],
    ["ArrowUp", 0, 0],
    ["PageDown", 5, 15],
    ["PageUp", 5, 0],
    ["Home", 50, 0],
    ["End", 5, 99],
    ["a", 5, null],
  ])("%s goes from row %d to %d", (key, from, to) => {
    expect(rowAfterKey(key, from, 100, 10)).toBe(to);
  });

  it("scroll no further than needed", () => {
    const view = { top: 360, height: 360 };
    expect([scrollTopFor(12, view, 36), scrollTopFor(3, view, 36), scrollTopFor(20, view, 36)]).toEqual([
      360, 108, 396,
    ]);
  });
});
