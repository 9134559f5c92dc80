/** Paths of the console, and what each shows. */

import type { ConnectionRef } from "../../oauth-health";

export type Route =
  | { readonly page: "list" }
  | { readonly page: "incidents" }
  | ({ readonly page: "connection" } & ConnectionRef)
  | { readonly page: "unknown" };

export const LIST_PATH = "/";
export const INCIDENTS_PATH = "/incidents";

export function connectionPath({ kind, name }: ConnectionRef): string {
  return `/connections/${encodeURIComponent(kind)}/${encodeURIComponent(name)}`;
}

export function readRoute(path: string): Route {
  if (path === LIST_PATH) return { page: "list" };
  if (path === INCIDENTS_PATH) return { page: "incidents" };
  const match = /^\/connections\/([^/]+)\/([^/]+)$/.exec(path);
  const [kind, name] = [decode(match?.[1]), decode(match?.[2])];
  return kind === null || name === null ? { page: "unknown" } : { page: "connection", kind, name };
}

function decode(segment: string | undefined): string | null {
  try {
    return segment === undefined ? null : decodeURIComponent(segment);
  } catch {
    return null;
  }
}
