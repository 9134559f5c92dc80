/** One life of the event stream: opened, read until it ends, and how it ended. */

import { parseEvents, type ServerSentEvent } from "./eventStream.js";
import type { Message } from "./health.js";
import { readAge, readChange, readSnapshot, readStaleness } from "./messages.js";
import { headersFor, streamUrl, type Source } from "./source.js";

/** `refused`: no stream is to be had now; `ended`: it was open, and may be again at once. */
export type Ending = "signed-out" | "refused" | "ended";

export interface StreamOptions {
  /** Milliseconds without a byte after which the stream counts as dead; heart-beats come more often. */
  readonly silence: number;
  /** Milliseconds until the first event, else a proxy on the way holds events back. */
  readonly patience: number;
}

export interface Resume {
  lastEventId: string;
}

export async function readStream(
  source: Source,
  options: StreamOptions,
  resume: Resume,
  emit: (message: Message) => void,
  signal: AbortSignal,
): Promise<Ending> {
  const watch = watchdog(signal);
  const life = { opened: false };
  const take = (event: ServerSentEvent): void => {
    const message = readEvent(event);
    if (!message) return;
    if (!life.opened) emit({ type: "transport", transport: "stream" });
    life.opened = true;
    resume.lastEventId = event.id;
    emit(message);
  };
  try {
    watch.allow(options.patience);
    const headers = {
      Accept: "text/event-stream",
      ...(resume.lastEventId && { "Last-Event-ID": resume.lastEventId }),
    };
    const answer = await fetch(streamUrl(source), {
      headers: headersFor(source, headers),
      signal: watch.signal,
    });
    if (answer.status === 401) return "signed-out";
    if (!answer.ok || !answer.body || !isEventStream(answer)) return "refused";
    emit(readAge(answer.headers));
    const push = parseEvents(take);
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
      push(piece.value);
      if (life.opened) watch.allow(options.silence);
    }
  } catch {
    // Network loss, silence and a cancelled wait end a stream alike; the caller decides what to do about it.
  } finally {
    watch.stop();
  }
  return life.opened ? "ended" : "refused";
}

function readEvent({ event, data }: ServerSentEvent): Message | null {
  if (event === "snapshot") return readSnapshot(data);
  if (event === "changed") return readChange(data);
  if (event === "staleness") return readStaleness(data);
  return null;
}

function isEventStream(answer: Response): boolean {
  return answer.headers.get("content-type")?.startsWith("text/event-stream") ?? false;
}

/** A signal that fires with `outer`, when the browser goes offline, or when the allowed time has run out. */
function watchdog(outer: AbortSignal): {
  signal: AbortSignal;
  allow: (ms: number) => void;
  stop: () => void;
} {
  const own = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const abort = (): void => {
    own.abort();
  };
  globalThis.addEventListener("offline", abort);
  outer.addEventListener("abort", abort);
  if (outer.aborted) abort();
  return {
    signal: own.signal,
    allow(ms) {
      clearTimeout(timer);
      timer = setTimeout(abort, ms);
    },
    stop() {
      clearTimeout(timer);
      globalThis.removeEventListener("offline", abort);
      outer.removeEventListener("abort", abort);
      abort();
    },
  };
}
