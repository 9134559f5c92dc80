import { describe, expect, it } from "vitest";
import { authEvent } from "./event.fixture";
import { firstPage, withNewest, withOlder } from "./pages";

const [one, two, three, four, five] = [1, 2, 3, 4, 5].map((version) => authEvent(version));
type Known = NonNullable<typeof one>;
const events = (...given: (Known | undefined)[]): Known[] => given.filter((each) => each !== undefined);

describe("the pages of the history", () => {
  it("grow at the end", () => {
    const held = firstPage({ events: events(four, three), next_cursor: "3" });
    expect(withOlder(held, { events: events(two, one) })).toEqual({
      events: events(four, three, two, one),
      older: null,
    });
  });

  it("grow at the top, each event once", () => {
    const held = { events: events(three, two, one), older: null };
    expect(withNewest(held, { events: events(four, three), next_cursor: "3" })).toEqual({
      events: events(four, three, two, one),
      older: null,
    });
  });

  it("begin anew where more happened than fits a page, for a gap would hide what happened", () => {
    const held = { events: events(one), older: null };
    expect(withNewest(held, { events: events(five, four), next_cursor: "4" })).toEqual({
      events: events(five, four),
      older: "4",
    });
  });

  it("do not double what two answers hold", () => {
    const held = { events: events(three, two), older: "2" };
    expect(withOlder(held, { events: events(two, one) }).events).toEqual(events(three, two, one));
  });
});
