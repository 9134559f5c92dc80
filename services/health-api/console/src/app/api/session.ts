/** The browser's session: a token is exchanged once for an HttpOnly cookie. */

import { request, type Answer } from "./http";

const PATH = "/api/v1/session";

/** Who is signed in; a viewer looks, an admin commands. */
export interface Identity {
  readonly name: string;
  readonly role: "viewer" | "admin";
}

export function signIn(token: string): Promise<Answer<unknown>> {
  return request("POST", PATH, { token });
}

export function whoIsSignedIn(signal?: AbortSignal): Promise<Answer<Identity>> {
  return request("GET", PATH, undefined, signal);
}

export function signOut(): Promise<Answer<unknown>> {
  return request("DELETE", PATH);
}
