import { describe, expect, it } from "vitest";
import { readProblem } from "./http";

describe("a problem document", () => {
  it("gives its title and detail", () => {
    const body = {
      type: "urn:authpulse:problem:unknown_connection",
      title: "No such connection",
      detail: "api/crm is not registered.",
      status: 404,
    };
    expect(readProblem(404, JSON.stringify(body))).toEqual(body);
  });

  it.each(["<html>Bad gateway</html>", "", "null", '{"title":3}'])(
    "that is none (%s) leaves the status",
    (text) => {
      expect(readProblem(502, text)).toEqual({ status: 502, type: "", title: "HTTP 502", detail: "" });
    },
  );
});
