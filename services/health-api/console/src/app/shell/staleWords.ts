/** What is said of old rows: who is away, what that means and where to look. Pure. */

import type { Staleness } from "../../oauth-health";

export interface StaleWords {
  readonly title: string;
  readonly detail: string;
  /** Red: tokens are not refreshed meanwhile, so that connections may end. */
  readonly tone: "amber" | "red";
}

const WORDS: Readonly<Record<string, StaleWords>> = {
  ledger: {
    title: "The API cannot read its ledger",
    detail: "Tokens may still be refreshed; nobody can see it from here. Look at the ledger’s PostgreSQL.",
    tone: "amber",
  },
  nats: {
    title: "NATS is out of reach or takes no events",
    detail:
      "Tokens are still refreshed; what happens waits to be told, and nothing can be asked for. Look at NATS.",
    tone: "amber",
  },
  "event-store": {
    title: "The event store does not keep up",
    detail:
      "Refreshing does not depend on it; what happens waits on the stream. Look at the event-store and its log.",
    tone: "amber",
  },
  refresher: {
    title: "The refresher does not answer",
    detail:
      "No token is refreshed and nothing can be asked for until it is back. Look at the refresher and its log.",
    tone: "red",
  },
  vault: {
    title: "The refresher cannot reach its vault",
    detail:
      "No token is refreshed and nothing can be asked for until it is back. Look at the vault’s PostgreSQL.",
    tone: "red",
  },
};

const UNNAMED: StaleWords = {
  title: "Newer news do not come through",
  detail: "What you see is the last known state; it catches up by itself.",
  tone: "amber",
};

/** One for each part that is away; one in any case, since what is old has to be called old. */
export function staleWords({ away }: Staleness): readonly StaleWords[] {
  const found = away.map((part) => WORDS[part] ?? UNNAMED);
  return found.length > 0 ? found : [UNNAMED];
}
