import { useCallback, useEffect, useState } from "react";
import { signIn } from "./api/session";
import type { Problem } from "./api/http";
import { SignIn } from "./signIn/SignIn";
import { takeLinkToken } from "./signIn/linkToken";
import { Workspace } from "./Workspace";

type Session =
  | { readonly is: "opening"; readonly token: string }
  | { readonly is: "assumed" }
  | { readonly is: "out"; readonly problem: Problem | null };

/** The session's gate: a sign-in link is redeemed first; a cookie is assumed good until the API says otherwise. */
export function App() {
  const [session, setSession] = useState<Session>(() => {
    const token = takeLinkToken();
    return token === null ? { is: "assumed" } : { is: "opening", token };
  });
  const token = session.is === "opening" ? session.token : null;
  useEffect(() => {
    if (token === null) return;
    void signIn(token).then((answer) => {
      setSession(answer.ok ? { is: "assumed" } : { is: "out", problem: answer.problem });
    });
  }, [token]);
  const leave = useCallback(() => {
    setSession({ is: "out", problem: null });
  }, []);
  switch (session.is) {
    case "opening":
      return (
        <p className="page-note" role="status">
          Signing in…
        </p>
      );
    case "assumed":
      return <Workspace onSignedOut={leave} />;
    case "out":
      return (
        <SignIn
          problem={session.problem}
          onSignedIn={() => {
            setSession({ is: "assumed" });
          }}
        />
      );
  }
}
