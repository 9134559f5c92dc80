import "./signIn.css";
import { useState, type SubmitEvent } from "react";
import type { Problem } from "../api/http";
import { signIn } from "../api/session";
import { Notice } from "../shell/Notice";

interface Props {
  /** Why an earlier try, as by a link, failed. */
  readonly problem: Problem | null;
  readonly onSignedIn: () => void;
}

export function SignIn({ problem, onSignedIn }: Props) {
  const [token, setToken] = useState("");
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState(problem);

  async function submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    setBusy(true);
    const answer = await signIn(token.trim());
    setBusy(false);
    if (answer.ok) onSignedIn();
    else setFailure(answer.problem);
  }

  return (
    <main className="sign-in">
      <h1>authpulse</h1>
      <p>Sign in to see the health of your connections.</p>
      {failure && <Notice tone="red" title={failure.title} detail={failure.detail} />}
      <form onSubmit={(event) => void submit(event)}>
        <label htmlFor="token">Token</label>
        <input
          id="token"
          type="password"
          autoComplete="current-password"
          required
          value={token}
          aria-describedby="token-hint"
          onChange={(event) => {
            setToken(event.target.value);
          }}
        />
        <button type="submit" className="primary" disabled={busy}>
          {busy ? "Signing in…" : "Sign in"}
        </button>
      </form>
      <p id="token-hint" className="quiet">
        <code>authpulse up</code> prints a sign-in link; else ask who runs this instance for a token.
      </p>
    </main>
  );
}
