/** Does what an action's button says. */

import type { ConnectionRef } from "../../oauth-health";
import { forgetToken, makeOwnerLink, refreshNow, startConnect, type OwnerLink } from "../api/connections";
import type { Answer } from "../api/http";
import { connectionPath } from "../routing/routes";
import type { Action } from "./actions";
import { isWebAddress } from "./webAddress";

/** What is left to show of an answer. */
export interface Done {
  readonly link?: OwnerLink;
}

/** `agreed`: to the action's option. Leaves the page where the action is a sign-in that could begin. */
export async function act(action: Action, connection: ConnectionRef, agreed: boolean): Promise<Answer<Done>> {
  switch (action) {
    case "refresh":
      return without(await refreshNow(connection));
    case "forget":
      return without(await forgetToken(connection));
    case "link": {
      const answer = await makeOwnerLink(connection);
      return answer.ok ? { ok: true, body: { link: answer.body } } : answer;
    }
    case "connect":
    case "reconnect":
      return signIn(connection, agreed);
  }
}

async function signIn(connection: ConnectionRef, otherAccount: boolean): Promise<Answer<Done>> {
  const answer = await startConnect(connection, { returnTo: connectionPath(connection), otherAccount });
  if (!answer.ok) return answer;
  const address = answer.body.authorization_url;
  // A javascript: address, however it got there, must not run here.
  if (!isWebAddress(address))
    return {
      ok: false,
      problem: { status: 0, type: "", title: "Unusable authorization address", detail: address },
    };
  location.assign(address);
  return without(answer);
}

function without(answer: Answer<unknown>): Answer<Done> {
  return answer.ok ? { ok: true, body: {} } : answer;
}
