/** What can be done to a connection in its present state. Pure. */

import type { Status } from "../api/connections";

export type Action = "connect" | "reconnect" | "refresh" | "forget";

/** The first one is what is most likely wanted. */
export function actionsFor(status: Status): Action[] {
  const stored = status.token_acquired || status.has_refresh_token;
  const signIn: Action[] =
    status.grant === "client_credentials" ? [] : [status.authenticated_at ? "reconnect" : "connect"];
  const keep: Action[] = status.grant === "client_credentials" || stored ? ["refresh"] : [];
  const rest: Action[] = stored ? ["forget"] : [];
  return status.needs_reauth ? [...signIn, ...keep, ...rest] : [...keep, ...signIn, ...rest];
}

/** Words for the button, and for the question before it, if one is asked. */
export const WORDS: Record<
  Action,
  { readonly button: string; readonly question?: string; readonly done: string }
> = {
  connect: {
    button: "Connect",
    question: "You go to the identity provider to sign in, and come back here.",
    done: "On the way to the identity provider…",
  },
  reconnect: {
    button: "Reconnect",
    question:
      "You go to the identity provider to sign in, and come back here. Until the new grant is there, the present one stays as it is.",
    done: "On the way to the identity provider…",
  },
  refresh: { button: "Refresh now", done: "Refreshed" },
  forget: {
    button: "Forget token",
    question:
      "The stored tokens are deleted, and revoked at the identity provider where it can. Whatever uses this connection stops working until somebody connects it again.",
    done: "The token is forgotten",
  },
};
