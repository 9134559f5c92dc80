/** One poll of the bulk answer, conditional on the ETag of the one before. */

import type { Message } from "./health.js";
import { readAge, readSnapshot } from "./messages.js";
import { bulkUrl, headersFor, type Source } from "./source.js";

export type Poll = "signed-out" | "unreachable" | "answered";

export interface Known {
  etag: string;
}

const DEADLINE_MS = 30_000;

export async function poll(
  source: Source,
  known: Known,
  emit: (message: Message) => void,
  signal: AbortSignal,
): Promise<Poll> {
  try {
    const answer = await fetch(bulkUrl(source), {
      headers: headersFor(source, known.etag ? { "If-None-Match": known.etag } : {}),
      // The browser's own cache would answer 200 to our If-None-Match and hide the 304.
      cache: "no-store",
      signal: AbortSignal.any([signal, AbortSignal.timeout(DEADLINE_MS)]),
    });
    if (answer.status === 401) return "signed-out";
    if (answer.status !== 304) {
      const snapshot = answer.ok ? readSnapshot(await answer.text()) : null;
      if (!snapshot) return "unreachable";
      emit(snapshot);
      known.etag = answer.headers.get("etag") ?? "";
    }
    emit(readAge(answer.headers));
    return "answered";
  } catch {
    return "unreachable";
  }
}
