/** Follows the health for as long as `signal` lets it: the stream first, polling where the stream is not to be had. */

import type { Message } from "./health.js";
import { poll, type Known } from "./poll.js";
import type { Source } from "./source.js";
import { readStream, type Resume } from "./stream.js";

/** Times in milliseconds. */
export interface Pace {
  readonly pollEvery: number;
  readonly silence: number;
  readonly patience: number;
  /** Wait before a stream that ended is opened again; a random part of it, so that consoles do not return as a herd. */
  readonly reopenWithin: number;
  readonly firstRetry: number;
}

export const PACE: Pace = {
  pollEvery: 10_000,
  silence: 45_000,
  patience: 5_000,
  reopenWithin: 500,
  firstRetry: 500,
};

export async function follow(
  source: Source,
  pace: Pace,
  emit: (message: Message) => void,
  signal: AbortSignal,
): Promise<void> {
  const resume: Resume = { lastEventId: "" };
  const known: Known = { etag: "" };
  let retry = pace.firstRetry;
  let nextPoll = 0;
  const alive = (): boolean => !signal.aborted;
  const tell = (message: Message): void => {
    if (alive()) emit(message);
  };
  while (alive()) {
    const opened = Date.now();
    const ending = await readStream(source, pace, resume, tell, signal);
    if (ending === "signed-out") break;
    if (ending === "ended") {
      // Rows may have come by polls before: only the stream's own position resumes it, an old ETag stays true.
      tell({ type: "transport", transport: "connecting" });
      await pause(Math.random() * pace.reopenWithin, signal);
      // A stream that is cut as soon as it opens is not to be had: poll, or it would be opened without end.
      if (Date.now() - opened > pace.patience || !alive()) continue;
    }
    await pause(nextPoll - Date.now(), signal);
    nextPoll = Date.now() + pace.pollEvery;
    const answer = await poll(source, known, tell, signal);
    if (answer === "signed-out") break;
    const reached = answer === "answered";
    tell({ type: "transport", transport: reached ? "polling" : "offline" });
    if (!reached) nextPoll = 0;
    retry = reached ? pace.firstRetry : Math.min(retry * 2, pace.pollEvery);
    await pause(reached ? pace.pollEvery - pace.patience : retry * (0.5 + Math.random() / 2), signal);
  }
  tell({ type: "transport", transport: "signed-out" });
}

/** Ends early when `signal` fires or the browser is online again. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (ms <= 0 || signal.aborted) {
      resolve();
      return;
    }
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      globalThis.removeEventListener("online", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done);
    globalThis.addEventListener("online", done);
  });
}
