import { describe, expect, it } from "vitest";
import { row } from "../../oauth-health/row.fixture";
import { filterRows, kindsOf, readFilter, writeFilter } from "./filter";

const NONE = { q: "", kind: "", state: "" } as const;
const rows = [
  row({ name: "Ledger", needs_reauth: true, idp_error_code: "invalid_grant" }),
  row({ kind: "mail", name: "news" }),
  row({ kind: "mail", name: "plain", has_oauth: false }),
];

function names(filter: Partial<typeof NONE> | { state: "reauth" | "healthy" }): string[] {
  return filterRows(rows, { ...NONE, ...filter }).map(({ name }) => name);
}

describe("the filter", () => {
  it("passes everything while it is open, without a copy", () => {
    expect(filterRows(rows, NONE)).toBe(rows);
  });

  it.each([
    [{ q: "LEDG" }, ["Ledger"]],
    [{ q: "mail/n" }, ["news"]],
    [{ q: "invalid_" }, ["Ledger"]],
    [{ q: " news " }, ["news"]],
    [{ kind: "mail" }, ["news", "plain"]],
    [{ kind: "mai" }, []],
    [{ state: "healthy" }, ["news"]],
    [{ state: "reauth", kind: "mail" }, []],
  ])("%j leaves %j", (filter, expected) => {
    expect(names(filter as Partial<typeof NONE>)).toEqual(expected);
  });

  it("comes back from the address as it went in", () => {
    const filter = { q: "a&b=c ü", kind: "x/y", state: "failing" } as const;
    expect(readFilter(`?${writeFilter(filter)}`)).toEqual(filter);
    expect(writeFilter(NONE)).toBe("");
  });

  it("passes over a state that there is not", () => {
    expect(readFilter("?state=broken")).toEqual(NONE);
  });

  it("offers each kind once, in order", () => {
    expect(kindsOf(rows)).toEqual(["api", "mail"]);
  });
});
