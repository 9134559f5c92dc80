import { describe, expect, it } from "vitest";
import { staleWords } from "./staleWords";

const titles = (away: readonly string[]): string[] =>
  staleWords({ seconds: 9, away }).map(({ title }) => title);

describe("old rows", () => {
  it.each([
    ["ledger", "The API cannot read its ledger", "amber"],
    ["nats", "NATS is out of reach or takes no events", "amber"],
    ["event-store", "The event store does not keep up", "amber"],
    ["refresher", "The refresher does not answer", "red"],
    ["vault", "The refresher cannot reach its vault", "red"],
  ])("without %s say: %s", (part, title, tone) => {
    expect(staleWords({ seconds: 9, away: [part] })).toEqual([expect.objectContaining({ title, tone })]);
  });

  it("name everybody who is away", () => {
    expect(titles(["event-store", "refresher"])).toEqual([
      "The event store does not keep up",
      "The refresher does not answer",
    ]);
  });

  it("are called old even where the API names nobody, or somebody new", () => {
    expect(titles([])).toEqual(["Newer news do not come through"]);
    expect(titles(["a-part-of-tomorrow"])).toEqual(["Newer news do not come through"]);
  });
});
