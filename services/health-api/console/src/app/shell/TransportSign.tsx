import type { Transport } from "../../oauth-health";

const WORDS: Record<Transport, { readonly text: string; readonly title: string }> = {
  connecting: { text: "Connecting…", title: "Waiting for the API" },
  stream: { text: "Live", title: "Changes arrive as they happen" },
  polling: { text: "Polling", title: "The stream is not to be had; asked anew every 10 s" },
  offline: { text: "Offline", title: "The API is out of reach; trying again" },
  "signed-out": { text: "Signed out", title: "The session has ended" },
};

/** How fresh the page is; the mark's shape differs, so that colour is not needed. */
export function TransportSign({ transport }: { readonly transport: Transport }) {
  const { text, title } = WORDS[transport];
  return (
    <span className={`transport transport-${transport}`} title={title}>
      <svg viewBox="0 0 10 10" width="10" height="10" aria-hidden="true">
        {transport === "stream" ? (
          <circle cx="5" cy="5" r="4" />
        ) : (
          <circle cx="5" cy="5" r="3.5" className="hollow" />
        )}
        {transport === "offline" && <path d="M1 1l8 8" />}
      </svg>
      {text}
    </span>
  );
}
