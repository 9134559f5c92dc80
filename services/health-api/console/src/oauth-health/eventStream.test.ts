import { describe, expect, it } from "vitest";
import { parseEvents, type ServerSentEvent } from "./eventStream.js";

function parse(pieces: readonly string[]): ServerSentEvent[] {
  const events: ServerSentEvent[] = [];
  const push = parseEvents((event) => events.push(event));
  for (const piece of pieces) push(piece);
  return events;
}

const TEXT = ': beat\r\nid: 7\r\nevent: changed\r\ndata: {"a":\r\ndata: 1}\r\n\r\ndata\n\nid: 8\rdata:x\r\r';
const EVENTS = [
  { event: "changed", data: '{"a":\n1}', id: "7" },
  { event: "message", data: "", id: "7" },
  { event: "message", data: "x", id: "8" },
];

describe("server-sent events", () => {
  it("are read with any line end, in several data lines, past comments", () => {
    expect(parse([TEXT])).toEqual(EVENTS);
  });

  it("are the same however the text is cut", () => {
    expect(parse(TEXT.split(""))).toEqual(EVENTS);
    for (let cut = 0; cut <= TEXT.length; cut += 1) {
      expect(parse([TEXT.slice(0, cut), "", TEXT.slice(cut)])).toEqual(EVENTS);
    }
  });

  it("are not emitted before their end", () => {
    expect(parse(["event: changed\ndata: 1\n"])).toEqual([]);
  });

  it("keep the id that came last, and refuse one with a NUL", () => {
    expect(parse(["id: 1\ndata: a\n\nid: 2\0\ndata: b\n\n"]).map(({ id }) => id)).toEqual(["1", "1"]);
  });
});
