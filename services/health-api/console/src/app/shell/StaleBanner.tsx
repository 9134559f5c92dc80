import { useState } from "react";
import type { Staleness, Transport } from "../../oauth-health";
import { duration } from "../time/format";
import { useNow } from "../time/useNow";
import { isStale } from "./current";
import { Notice } from "./Notice";
import { staleWords } from "./staleWords";

interface Props {
  readonly transport: Transport;
  readonly staleness: Staleness;
}

/** Says when what is shown may be old, how old, and who is to blame. */
export function StaleBanner({ transport, staleness }: Props) {
  if (transport === "offline") return <Offline />;
  if (!isStale({ staleness })) return null;
  const aside = `What you see is ${duration(Math.floor(staleness.seconds) * 1000)} old; it catches up by itself.`;
  return (
    <div className="banner">
      {staleWords(staleness).map(({ title, detail, tone }, place) => (
        <Notice key={title} tone={tone} title={title} detail={detail} {...(place === 0 && { aside })} />
      ))}
    </div>
  );
}

function Offline() {
  const [since] = useState(() => Date.now());
  const now = useNow();
  const lasted = now - since > 5_000 ? `for ${duration(now - since)}` : "for a moment";
  return (
    <div className="banner">
      <Notice
        tone="amber"
        title="Offline: the API does not answer"
        detail="Tokens may still be refreshed; nobody can see it from here. Look at the health-api and its log."
        aside={`The API has been out of reach ${lasted}. What you see is the last known state; it catches up by itself.`}
      />
    </div>
  );
}
