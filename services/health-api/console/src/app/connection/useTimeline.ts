import { useEffect, useState } from "react";
import { getEvents, type AuthEvent } from "../api/connections";
import { DAY_MS, DAYS } from "./timeline";

/** A page may be this long for a machine; a person gets 30. */
const PAGE = 500;
/** 90 days of a refresh every 15 minutes and some; older ones are then shown as unknown. */
const PAGES_AT_MOST = 20;

/** The events of the last 90 days and the newest one before, newest first; null until they are there. */
export function useTimeline(kind: string, name: string, version: string): readonly AuthEvent[] | null {
  const [events, setEvents] = useState<readonly AuthEvent[] | null>(null);
  useEffect(() => {
    const wanted = new AbortController();
    void gather(kind, name, wanted.signal).then((found) => {
      if (!wanted.signal.aborted && found) setEvents(found);
    });
    return () => {
      wanted.abort();
    };
  }, [kind, name, version]);
  return events;
}

async function gather(kind: string, name: string, signal: AbortSignal): Promise<AuthEvent[] | null> {
  const begin = Date.now() - DAYS * DAY_MS;
  const found: AuthEvent[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < PAGES_AT_MOST; page += 1) {
    const answer = await getEvents({ kind, name }, { cursor, limit: PAGE }, signal);
    if (!answer.ok) return null;
    found.push(...answer.body.events);
    cursor = answer.body.next_cursor ?? undefined;
    const oldest = found.at(-1);
    if (!cursor || !oldest || Date.parse(oldest.occurred_at) < begin) break;
  }
  return found;
}
