import { useCallback, useEffect, useState } from "react";
import { getEvents } from "../api/connections";
import type { Problem } from "../api/http";
import { firstPage, withNewest, withOlder, type Pages } from "./pages";

export interface History {
  readonly pages: Pages | null;
  readonly problem: Problem | null;
  readonly loadOlder: () => void;
}

/** The history of one connection, of one type where given; its top is renewed whenever `version` changes. */
export function useHistory(kind: string, name: string, type: string, version: string): History {
  const about = JSON.stringify([kind, name, type]);
  const [held, hold] = useState<{ about: string; pages: Pages } | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const pages = held?.about === about ? held.pages : null;

  useEffect(() => {
    const wanted = new AbortController();
    void getEvents({ kind, name }, { type: type || undefined }, wanted.signal).then((answer) => {
      if (wanted.signal.aborted) return;
      setProblem(answer.ok ? null : answer.problem);
      if (!answer.ok) return;
      hold((before) => ({
        about,
        pages: before?.about === about ? withNewest(before.pages, answer.body) : firstPage(answer.body),
      }));
    });
    return () => {
      wanted.abort();
    };
  }, [kind, name, type, about, version]);

  const older = pages?.older;
  const loadOlder = useCallback(() => {
    if (!older) return;
    void getEvents({ kind, name }, { type: type || undefined, cursor: older }).then((answer) => {
      setProblem(answer.ok ? null : answer.problem);
      if (!answer.ok) return;
      hold((before) =>
        before?.about === about ? { about, pages: withOlder(before.pages, answer.body) } : before,
      );
    });
  }, [kind, name, type, about, older]);

  return { pages, problem, loadOlder };
}
