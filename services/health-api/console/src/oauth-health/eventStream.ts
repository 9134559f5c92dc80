/** Parses server-sent events (WHATWG HTML 9.2.6) as they arrive. Not EventSource: that can show neither status nor headers. */

export interface ServerSentEvent {
  readonly event: string;
  readonly data: string;
  /** The last id seen, to resume from. */
  readonly id: string;
}

const LINE_END = /\r\n|\n|\r/g;

/** Returns the function that takes the text, piece by piece, and calls `emit` for each whole event. */
export function parseEvents(emit: (event: ServerSentEvent) => void): (text: string) => void {
  let pending = "";
  let endedWithReturn = false;
  let event = "";
  let data: string[] = [];
  let id = "";

  function line(text: string): void {
    if (text === "") {
      if (data.length > 0) emit({ event: event || "message", data: data.join("\n"), id });
      event = "";
      data = [];
      return;
    }
    const colon = text.indexOf(":");
    const field = colon < 0 ? text : text.slice(0, colon);
    const value = colon < 0 ? "" : text.slice(text[colon + 1] === " " ? colon + 2 : colon + 1);
    if (field === "data") data.push(value);
    else if (field === "event") event = value;
    else if (field === "id" && !value.includes("\0")) id = value;
  }

  return (text) => {
    let start = endedWithReturn && text.startsWith("\n") ? 1 : 0;
    if (text !== "") endedWithReturn = text.endsWith("\r");
    // Only the new text is searched: a snapshot of 100,000 rows is one line in hundreds of pieces.
    LINE_END.lastIndex = start;
    for (let end = LINE_END.exec(text); end; end = LINE_END.exec(text)) {
      const whole = pending + text.slice(start, end.index);
      pending = "";
      start = LINE_END.lastIndex;
      line(whole);
      LINE_END.lastIndex = start;
    }
    pending += text.slice(start);
  };
}
