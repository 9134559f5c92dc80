import { STATES, type Board, type HealthState } from "../../oauth-health";

const LABELS: Record<HealthState | "", string> = {
  "": "All",
  reauth: "Reauth required",
  failing: "Refresh failing",
  healthy: "Healthy",
  "no-oauth": "No OAuth",
};

const CHOICES: readonly (HealthState | "")[] = ["", ...STATES];

interface Props {
  readonly board: Board;
  readonly chosen: HealthState | "";
  readonly onChoose: (state: HealthState | "") => void;
}

/** How many connections are in each state; each count is also the filter for it. */
export function StateCounts({ board, chosen, onChoose }: Props) {
  return (
    <div className="counts" role="group" aria-label="Filter by state">
      {CHOICES.map((state) => {
        const count = state === "" ? board.rows.length : board.counts[state];
        return (
          <button
            key={state}
            type="button"
            className={`count count-${state || "all"}`}
            data-none={count === 0}
            aria-pressed={chosen === state}
            onClick={() => {
              onChoose(state);
            }}
          >
            <span className="count-number">{count.toLocaleString("en")}</span> {LABELS[state]}
          </button>
        );
      })}
    </div>
  );
}
