/** One connection: its status, its history and what can be done to it. */

import type { ConnectionRef } from "../../oauth-health";
import { ADMIN, request, type Answer } from "./http";

/** `GET …/oauth-status`; times are ISO 8601, UTC, null where unknown or without end. */
export interface Status {
  readonly configured: boolean;
  readonly token_acquired: boolean;
  readonly expires_at?: string | null;
  readonly refresh_expires_at?: string | null;
  readonly has_refresh_token: boolean;
  readonly last_refreshed_at?: string | null;
  readonly next_refresh_at?: string | null;
  readonly scope?: string | null;
  readonly grant?: string | null;
  readonly idp_host?: string | null;
  readonly authenticated_by?: string | null;
  readonly authenticated_at?: string | null;
  readonly needs_reauth: boolean;
  readonly last_revocation?: Revocation | null;
  /** Why it is as it is, and what to do next, in plain words. */
  readonly explanation?: string | null;
  readonly next_step?: string | null;
  readonly failing_since?: string | null;
  /** Failures since then. */
  readonly attempts?: number | null;
  readonly next_attempt_at?: string | null;
  /** The proof of life: when the IdP last issued a token. */
  readonly last_success_at?: string | null;
}

export interface Revocation {
  readonly occurred_at: string;
  readonly reason: string;
  readonly idp_host?: string | null;
}

/** One fact of the history, newest first in a page. */
export interface AuthEvent {
  readonly event_id: string;
  readonly event_type: string;
  readonly version: number;
  readonly occurred_at: string;
  readonly actor: string;
  readonly idp_host?: string | null;
  readonly detail?: Readonly<Record<string, unknown>>;
  readonly state: { readonly has_oauth: boolean; readonly needs_reauth: boolean };
}

export interface EventPage {
  readonly events: readonly AuthEvent[];
  readonly next_cursor?: string | null;
}

export interface EventQuery {
  readonly type?: string | undefined;
  readonly cursor?: string | undefined;
  readonly limit?: number | undefined;
}

function pathOf({ kind, name }: ConnectionRef): string {
  return `${ADMIN}/connections/${encodeURIComponent(kind)}/${encodeURIComponent(name)}`;
}

export function getStatus(ref: ConnectionRef, signal?: AbortSignal): Promise<Answer<Status>> {
  return request("GET", `${pathOf(ref)}/oauth-status`, undefined, signal);
}

export function getEvents(
  ref: ConnectionRef,
  query: EventQuery,
  signal?: AbortSignal,
): Promise<Answer<EventPage>> {
  const given = Object.entries(query).filter((entry) => entry[1] !== undefined);
  const search = new URLSearchParams(given.map(([member, value]) => [member, String(value)])).toString();
  return request("GET", `${pathOf(ref)}/auth-events${search && `?${search}`}`, undefined, signal);
}

/** `otherAccount`: whoever signs in may be somebody else than before. */
export interface SignInWanted {
  /** A local path to come back to. */
  readonly returnTo: string;
  readonly otherAccount: boolean;
}

/** Begins a sign-in at the IdP. */
export function startConnect(
  ref: ConnectionRef,
  { returnTo, otherAccount }: SignInWanted,
): Promise<Answer<{ readonly authorization_url: string }>> {
  return request("POST", `${pathOf(ref)}/oauth-start`, { return_to: returnTo, other_account: otherAccount });
}

/** A page where somebody without an account here signs in at the IdP, once. */
export interface OwnerLink {
  readonly url: string;
  readonly expires_at: string;
}

export function makeOwnerLink(ref: ConnectionRef): Promise<Answer<OwnerLink>> {
  return request("POST", `${pathOf(ref)}/reconnect-link`, {});
}

export function refreshNow(ref: ConnectionRef): Promise<Answer<Status>> {
  return request("POST", `${pathOf(ref)}/reacquire-oauth`);
}

export function forgetToken(ref: ConnectionRef): Promise<Answer<unknown>> {
  return request("DELETE", `${pathOf(ref)}/token`);
}
