import type { Staleness, Transport } from "../../oauth-health";
import { duration } from "../time/format";
import { isStale } from "./current";

interface Words {
  readonly text: string;
  readonly title: string;
}

const WORDS: Record<Transport, Words> = {
  connecting: { text: "Connecting…", title: "Waiting for the API" },
  stream: { text: "Live", title: "Changes arrive as they happen" },
  polling: { text: "Polling", title: "The stream is not to be had; asked anew every 10 s" },
  offline: { text: "Offline", title: "The API is out of reach; trying again" },
  "signed-out": { text: "Signed out", title: "The session has ended" },
};

interface Props {
  readonly transport: Transport;
  readonly staleness: Staleness;
}

/** How fresh the page is; the mark's shape differs, so that colour is not needed. */
export function TransportSign({ transport, staleness }: Props) {
  // A stream that flows says nothing of rows that stand still.
  const old = (transport === "stream" || transport === "polling") && isStale({ staleness });
  const { text, title } = old ? oldWords(staleness) : WORDS[transport];
  const look = old ? "old" : transport;
  return (
    <span className={`transport transport-${look}`} title={title}>
      <svg viewBox="0 0 10 10" width="10" height="10" aria-hidden="true">
        {look === "stream" ? (
          <circle cx="5" cy="5" r="4" />
        ) : (
          <circle cx="5" cy="5" r="3.5" className="hollow" />
        )}
        {(look === "offline" || look === "old") && <path d="M1 1l8 8" />}
      </svg>
      {text}
    </span>
  );
}

function oldWords({ seconds }: Staleness): Words {
  const age = duration(Math.floor(seconds) * 1000);
  return { text: `${age} old`, title: `What you see is ${age} old` };
}
