import { useState } from "react";
import type { ConnectionRef } from "../../oauth-health";
import { forgetToken, refreshNow, startConnect, type Status } from "../api/connections";
import type { Answer } from "../api/http";
import { connectionPath } from "../routing/routes";
import { Notice } from "../shell/Notice";
import { actionsFor, WORDS, type Action } from "./actions";
import { ConfirmDialog } from "./ConfirmDialog";
import { isWebAddress } from "./webAddress";

interface Props {
  readonly connection: ConnectionRef;
  readonly status: Status;
  /** Called once an action has been answered, well or badly. */
  readonly onActed: () => void;
}

type Outcome = { readonly action: Action; readonly answer: Answer<unknown> } | null;

export function Actions({ connection, status, onActed }: Props) {
  const [asked, setAsked] = useState<Action | null>(null);
  const [busy, setBusy] = useState<Action | null>(null);
  const [outcome, setOutcome] = useState<Outcome>(null);

  async function run(action: Action): Promise<void> {
    setAsked(null);
    setOutcome(null);
    setBusy(action);
    const answer = await act(action, connection);
    setBusy(null);
    setOutcome({ action, answer });
    onActed();
  }

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
              else void run(action);
            }}
          >
            {busy === action ? `${WORDS[action].button}…` : WORDS[action].button}
          </button>
        ))}
      </div>
      {outcome?.answer.ok && <Notice tone="green" title={WORDS[outcome.action].done} />}
      {outcome && !outcome.answer.ok && (
        <Notice tone="red" title={outcome.answer.problem.title} detail={outcome.answer.problem.detail} />
      )}
      {asked && (
        <ConfirmDialog
          title={`${WORDS[asked].button}: ${connection.kind}/${connection.name}?`}
          text={WORDS[asked].question ?? ""}
          confirm={WORDS[asked].button}
          danger={asked === "forget"}
          onConfirm={() => void run(asked)}
          onCancel={() => {
            setAsked(null);
          }}
        />
      )}
    </section>
  );
}

async function act(action: Action, connection: ConnectionRef): Promise<Answer<unknown>> {
  if (action === "refresh") return refreshNow(connection);
  if (action === "forget") return forgetToken(connection);
  const answer = await startConnect(connection, connectionPath(connection));
  if (!answer.ok) return answer;
  const address = answer.body.authorization_url;
  // A javascript: address, however it got there, must not run here.
  if (!isWebAddress(address))
    return { ok: false, problem: { status: 0, title: "Unusable authorization address", detail: address } };
  location.assign(address);
  return answer;
}
