import { useState } from "react";
import type { Transport } from "../../oauth-health";
import { duration } from "../time/format";
import { useNow } from "../time/useNow";
import { isStale } from "./current";
import { Notice } from "./Notice";

interface Props {
  readonly transport: Transport;
  /** Seconds since the API last knew its rows to equal the ledger. */
  readonly staleness: number;
}

/** Says when what is shown may be old, and how old. */
export function StaleBanner({ transport, staleness }: Props) {
  if (transport === "offline") return <Offline />;
  if (!isStale({ staleness })) return null;
  return (
    <div className="banner">
      <Notice
        tone="amber"
        title={`What you see is ${duration(Math.floor(staleness) * 1000)} old`}
        detail="The API cannot reach its ledger and shows the last known state. It catches up by itself."
      />
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
        title="Offline"
        detail={`The API has been out of reach ${lasted}. What you see is the last known state; it catches up by itself.`}
      />
    </div>
  );
}
