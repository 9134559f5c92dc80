import { useCallback } from "react";
import { useAnswer } from "../api/useAnswer";
import { whoIsSignedIn, type Identity } from "../api/session";

/** Who is signed in; null until it is known. Asked again with each `version`. */
export function useIdentity(version: unknown): Identity | null {
  const ask = useCallback((signal: AbortSignal) => whoIsSignedIn(signal), []);
  const answer = useAnswer(ask, version);
  return answer?.ok ? answer.body : null;
}
