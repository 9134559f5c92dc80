/** What can be done to a connection in its present state. Pure. */

import type { Status } from "../api/connections";
import type { Problem } from "../api/http";

export type Action = "connect" | "reconnect" | "refresh" | "link" | "forget";

/** After these the refresh token may have been kept aside, to be tried once the client is put right. */
const OF_THE_CLIENT = ["invalid_client", "unauthorized_client"];

/** The first one is what is most likely wanted. */
export function actionsFor(status: Status): Action[] {
  const machine = status.grant === "client_credentials";
  const stored = status.token_acquired || status.has_refresh_token;
  const signIn: Action[] = machine ? [] : [status.authenticated_at ? "reconnect" : "connect"];
  const keep: Action[] = machine || stored || mayBeAside(status) ? ["refresh"] : [];
  const rest: Action[] = [...(machine ? [] : (["link"] as const)), ...(stored ? (["forget"] as const) : [])];
  return status.needs_reauth ? [...signIn, ...keep, ...rest] : [...keep, ...signIn, ...rest];
}

function mayBeAside({ needs_reauth, last_revocation }: Status): boolean {
  return needs_reauth && OF_THE_CLIENT.includes(last_revocation?.reason ?? "");
}

/** A refusal for want of a sign-in is not true any more once there is a grant again. */
export function isOver(problem: Problem, status: Status): boolean {
  return problem.type.endsWith(":needs_reauth") && !status.needs_reauth;
}

interface Words {
  readonly button: string;
  /** Asked before it is done. */
  readonly question?: string;
  /** What may be agreed to with it. */
  readonly option?: string;
  readonly done: string;
}

export const WORDS: Record<Action, Words> = {
  connect: {
    button: "Connect",
    question: "You go to the identity provider to sign in, and come back here.",
    done: "On the way to the identity provider…",
  },
  reconnect: {
    button: "Reconnect",
    question:
      "You go to the identity provider to sign in, and come back here. Until the new grant is there, the present one stays as it is.",
    option: "It may be another account than before",
    done: "On the way to the identity provider…",
  },
  refresh: { button: "Refresh now", done: "Refreshed" },
  link: { button: "Link for the owner", done: "The link is good for one sign-in" },
  forget: {
    button: "Forget token",
    question:
      "The stored tokens are deleted, and revoked at the identity provider where it can. Whatever uses this connection stops working until somebody connects it again.",
    done: "The token is forgotten",
  },
};
