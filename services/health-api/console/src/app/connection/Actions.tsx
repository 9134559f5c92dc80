import { useState } from "react";
import type { ConnectionRef } from "../../oauth-health";
import type { Status } from "../api/connections";
import type { Answer } from "../api/http";
import { Notice } from "../shell/Notice";
import { act, type Done } from "./act";
import { actionsFor, isOver, WORDS, type Action } from "./actions";
import { ConfirmDialog } from "./ConfirmDialog";
import { OwnerLinkNote } from "./OwnerLinkNote";

interface Props {
  readonly connection: ConnectionRef;
  readonly status: Status;
  /** Called once an action has been answered, well or badly. */
  readonly onActed: () => void;
}

type Outcome = { readonly action: Action; readonly answer: Answer<Done> } | null;

export function Actions({ connection, status, onActed }: Props) {
  const [asked, setAsked] = useState<Action | null>(null);
  const [busy, setBusy] = useState<Action | null>(null);
  const [outcome, setOutcome] = useState<Outcome>(null);

  async function run(action: Action, agreed: boolean): Promise<void> {
    setAsked(null);
    setOutcome(null);
    setBusy(action);
    const answer = await act(action, connection, agreed);
    setBusy(null);
    setOutcome({ action, answer });
    onActed();
  }

  const problem = outcome && !outcome.answer.ok ? outcome.answer.problem : null;
  return (
    <section aria-label="Actions" className="actions">
      <div className="action-buttons">
        {actionsFor(status).map((action, place) => (
          <button
            key={action}
            type="button"
            disabled={busy !== null}
            className={action === "forget" ? "danger" : place === 0 && status.needs_reauth ? "primary" : ""}
            onClick={() => {
              if (WORDS[action].question) setAsked(action);
              else void run(action, false);
            }}
          >
            {busy === action ? `${WORDS[action].button}…` : WORDS[action].button}
          </button>
        ))}
      </div>
      {outcome?.answer.ok && <Notice tone="green" title={WORDS[outcome.action].done} />}
      {outcome?.answer.ok && outcome.answer.body.link && <OwnerLinkNote link={outcome.answer.body.link} />}
      {problem && !isOver(problem, status) && (
        <Notice tone="red" title={problem.title} detail={problem.detail} />
      )}
      {asked && (
        <ConfirmDialog
          title={`${WORDS[asked].button}: ${connection.kind}/${connection.name}?`}
          text={WORDS[asked].question ?? ""}
          option={WORDS[asked].option}
          confirm={WORDS[asked].button}
          danger={asked === "forget"}
          onConfirm={(agreed) => void run(asked, agreed)}
          onCancel={() => {
            setAsked(null);
          }}
        />
      )}
    </section>
  );
}
