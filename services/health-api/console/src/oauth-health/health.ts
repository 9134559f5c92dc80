/** The reducer behind the hook: (health, message) → health. */

import { changeBoard, EMPTY_BOARD, snapshotBoard, type Board, type Changes, type Shift } from "./board.js";
import type { HealthRow } from "./row.js";

/** `connecting`: nothing yet, or between two streams; `offline`: the API is out of reach, what is shown is the last known. */
export type Transport = "connecting" | "stream" | "polling" | "offline" | "signed-out";

export type Message =
  | { readonly type: "snapshot"; readonly rows: readonly HealthRow[] }
  | ({ readonly type: "changed" } & Changes)
  | { readonly type: "transport"; readonly transport: Transport }
  | ({ readonly type: "staleness" } & Staleness);

/** How old the rows are: all that had happened so many seconds ago is in them; one or two are usual. */
export interface Staleness {
  readonly seconds: number;
  /** Who keeps newer news: "ledger", "nats", "event-store", "refresher", "vault"; nobody while the rows are new. */
  readonly away: readonly string[];
}

export interface Health extends Board {
  /** False until the first rows came: an empty list then means "not known", not "none". */
  readonly loaded: boolean;
  readonly transport: Transport;
  readonly staleness: Staleness;
  /** Rows that the newest message moved to another state. */
  readonly shifts: readonly Shift[];
}

export const UNKNOWN: Health = {
  ...EMPTY_BOARD,
  loaded: false,
  transport: "connecting",
  staleness: { seconds: 0, away: [] },
  shifts: [],
};

export function reduceHealth(health: Health, message: Message): Health {
  switch (message.type) {
    case "snapshot": {
      if (!health.loaded) return { ...health, ...snapshotBoard(message.rows), loaded: true };
      // A snapshot after the first one is a reconnect or a poll: say what moved meanwhile.
      const { shifts } = changeBoard(health, { changed: message.rows, removed: [] });
      return { ...health, ...snapshotBoard(message.rows), shifts };
    }
    case "changed": {
      const { board, shifts } = changeBoard(health, message);
      return { ...health, ...board, shifts };
    }
    case "transport":
      return health.transport === message.transport ? health : { ...health, transport: message.transport };
    case "staleness":
      return isSame(health.staleness, message)
        ? health
        : { ...health, staleness: { seconds: message.seconds, away: message.away } };
  }
}

function isSame(one: Staleness, other: Staleness): boolean {
  return one.seconds === other.seconds && one.away.join() === other.away.join();
}
