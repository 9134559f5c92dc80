import { describe, expect, it } from "vitest";
import { absoluteTime, duration, pointWords, relativeTime } from "./format";

const NOW = Date.parse("2026-03-10T12:00:00Z");

describe("times in words", () => {
  it.each([
    ["2026-03-10T11:59:55Z", "just now"],
    ["2026-03-10T11:59:30Z", "30 sec. ago"],
    ["2026-03-10T11:00:01Z", "59 min. ago"],
    ["2026-03-10T10:00:00Z", "2 hr. ago"],
    ["2026-03-08T00:00:00Z", "2 days ago"],
    ["2026-03-10T12:05:00Z", "in 5 min."],
    ["never", ""],
  ])("%s is %s", (iso, words) => {
    expect(relativeTime(iso, NOW)).toBe(words);
  });

  it("are absolute in UTC, wherever the browser is", () => {
    expect(absoluteTime("2026-03-10T12:00:00+02:00")).toBe("10 Mar 2026, 10:00:00 UTC");
    expect(absoluteTime("odd")).toBe("odd");
    expect(pointWords(NOW - 9 * 86_400_000, NOW)).toBe("1 Mar");
    expect(pointWords(NOW - 7_200_000, NOW)).toBe("2 hr. ago");
  });

  it.each([
    [400, "0 s"],
    [45_000, "45 s"],
    [720_000, "12 min"],
    [3_600_000, "1 h"],
    [5_400_000, "1 h 30 min"],
    [86_400_000, "1 d"],
    [100_000_000, "1 d 3 h"],
  ])("%d ms last %s", (ms, words) => {
    expect(duration(ms)).toBe(words);
  });
});
