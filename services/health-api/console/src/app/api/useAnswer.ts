import { useEffect, useState } from "react";
import type { Answer } from "./http";

/**
 * The answer of `ask`, asked again whenever `ask` or `version` changes; null until the first one is there.
 *
 * An older answer stays until the newer one has come, so that a live page does not flicker.
 */
export function useAnswer<Body>(
  ask: (signal: AbortSignal) => Promise<Answer<Body>>,
  version: unknown,
): Answer<Body> | null {
  const [held, hold] = useState<{ ask: typeof ask; answer: Answer<Body> } | null>(null);
  useEffect(() => {
    const wanted = new AbortController();
    void ask(wanted.signal).then((answer) => {
      if (!wanted.signal.aborted) hold({ ask, answer });
    });
    return () => {
      wanted.abort();
    };
  }, [ask, version]);
  return held?.ask === ask ? held.answer : null;
}
