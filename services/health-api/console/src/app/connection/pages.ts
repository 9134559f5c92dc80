/** The history as it is gathered page by page. Pure. */

import type { AuthEvent, EventPage } from "../api/connections";

export interface Pages {
  /** Newest first, each once. */
  readonly events: readonly AuthEvent[];
  /** Where the older ones begin; null on the last page. */
  readonly older: string | null;
}

export function firstPage(page: EventPage): Pages {
  return { events: page.events, older: page.next_cursor ?? null };
}

export function withOlder(held: Pages, page: EventPage): Pages {
  const oldest = held.events.at(-1)?.version ?? Infinity;
  return {
    events: [...held.events, ...page.events.filter((event) => event.version < oldest)],
    older: page.next_cursor ?? null,
  };
}

/** The newest page put on top of what is held; where a gap is between them, what is held is let go. */
export function withNewest(held: Pages, page: EventPage): Pages {
  const newest = held.events[0]?.version ?? -1;
  const fresh = page.events.filter((event) => event.version > newest);
  if (fresh.length === page.events.length && page.next_cursor) return firstPage(page);
  return { events: [...fresh, ...held.events], older: held.older };
}
