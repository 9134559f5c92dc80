import { useEffect, useRef, useState } from "react";
import { getEvents, type AuthEvent } from "../api/connections";
import { firstPage, withNewest, withOlder, type Pages } from "./pages";
import { DAY_MS, DAYS } from "./timeline";

/** A page may be this long for a machine; a person gets 30. */
const PAGE = 500;
/** 90 days of a refresh every 15 minutes and some; older ones are then not drawn. */
const PAGES_AT_MOST = 20;

/**
 * The events of the last 90 days and the newest one before, newest first; null until they are there.
 *
 * Whenever `version` changes only what is new is asked for: a connection may be refreshed every few seconds.
 */
export function useTimeline(kind: string, name: string, version: string): readonly AuthEvent[] | null {
  const held = useRef<Pages | null>(null);
  const [events, setEvents] = useState<readonly AuthEvent[] | null>(null);
  useEffect(() => {
    const wanted = new AbortController();
    void gather(kind, name, held.current, wanted.signal).then((pages) => {
      if (wanted.signal.aborted || !pages) return;
      held.current = pages;
      setEvents(pages.events);
    });
    return () => {
      wanted.abort();
    };
  }, [kind, name, version]);
  return events;
}

async function gather(
  kind: string,
  name: string,
  held: Pages | null,
  signal: AbortSignal,
): Promise<Pages | null> {
  const newest = await getEvents({ kind, name }, { limit: held ? undefined : PAGE }, signal);
  if (!newest.ok) return null;
  let pages = held ? withNewest(held, newest.body) : firstPage(newest.body);
  for (let asked = 1; asked < PAGES_AT_MOST && pages.older !== null && !isWhole(pages); asked += 1) {
    const older = await getEvents({ kind, name }, { cursor: pages.older, limit: PAGE }, signal);
    if (!older.ok) return null;
    pages = withOlder(pages, older.body);
  }
  return pages;
}

/** Whether the events reach back to where the picture begins. */
function isWhole({ events }: Pages): boolean {
  const oldest = events.at(-1);
  return oldest !== undefined && Date.parse(oldest.occurred_at) < Date.now() - DAYS * DAY_MS;
}
