import type { Health } from "../../oauth-health";

interface Props {
  readonly health: Health;
  readonly onClear: () => void;
}

/** Why the list is empty: not known yet, nothing there, or nothing that matches. */
export function NothingToList({ health, onClear }: Props) {
  if (!health.loaded) {
    return (
      <p className="page-note">
        {health.transport === "offline"
          ? "Nothing is known yet: the API is out of reach."
          : "Loading connections…"}
      </p>
    );
  }
  if (health.rows.length === 0) {
    return (
      <div className="page-note">
        <p>No connection is registered yet.</p>
        <p>
          Declare them in a file and run <code>authpulse apply FILE</code>; they appear here by themselves.
        </p>
      </div>
    );
  }
  return (
    <div className="page-note">
      <p>No connection matches.</p>
      <button type="button" onClick={onClear}>
        Clear the filters
      </button>
    </div>
  );
}
