import { useEffect, useReducer } from "react";
import { follow, PACE, type Pace } from "./follow.js";
import { gather } from "./gather.js";
import { reduceHealth, UNKNOWN, type Health } from "./health.js";

export interface OAuthHealthOptions {
  /** Origin (and path, behind a proxy) of health-api; default: the page's own. */
  readonly baseUrl?: string;
  /** A bearer token; default: the browser's session cookie. */
  readonly bearer?: string;
  /** Keep the object the same between renders: another one starts the following anew. */
  readonly pace?: Pace;
}

const GATHER_MS = 100;

/**
 * The health of all connections, kept current for as long as the component is mounted: pushed over the event stream,
 * polled every 10 s with ETag where the stream is not to be had, and pushed again once it is.
 *
 * Nothing is thrown: while the API is out of reach the last known rows stay, and `transport` says so.
 */
export function useConnectionsOAuthHealth({
  baseUrl = "",
  bearer,
  pace = PACE,
}: OAuthHealthOptions = {}): Health {
  const [health, tell] = useReducer(reduceHealth, UNKNOWN);
  useEffect(() => {
    const mounted = new AbortController();
    const gathered = gather(tell, GATHER_MS);
    void follow({ baseUrl, bearer }, pace, gathered.tell, mounted.signal);
    return () => {
      mounted.abort();
      gathered.stop();
    };
  }, [baseUrl, bearer, pace]);
  return health;
}
