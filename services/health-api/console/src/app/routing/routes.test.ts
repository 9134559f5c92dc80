import { describe, expect, it } from "vitest";
import { connectionPath, readRoute } from "./routes";

describe("the routes", () => {
  it("know their pages", () => {
    expect([readRoute("/"), readRoute("/incidents")]).toEqual([{ page: "list" }, { page: "incidents" }]);
  });

  it.each([
    ["api", "crm"],
    ["a/b", "c d?#%"],
    ["ключ", "🙂"],
  ])("find connection %s %s again", (kind, name) => {
    expect(readRoute(connectionPath({ kind, name }))).toEqual({ page: "connection", kind, name });
  });

  it.each(["/nowhere", "/connections/api", "/connections/api/%E0%A4%A", "/connections/a/b/c"])(
    "do not know %s",
    (path) => {
      expect(readRoute(path)).toEqual({ page: "unknown" });
    },
  );
});
