/** The browser's session: a token is exchanged once for an HttpOnly cookie. */

import { request, type Answer } from "./http";

const PATH = "/api/v1/session";

export function signIn(token: string): Promise<Answer<unknown>> {
  return request("POST", PATH, { token });
}

export function signOut(): Promise<Answer<unknown>> {
  return request("DELETE", PATH);
}
