/** Connections that fail for one shared cause, as the API groups them. */

import type { ConnectionRef } from "../../oauth-health";
import { ADMIN, request, type Answer } from "./http";

export interface Incident {
  readonly id: string;
  readonly cause: string;
  readonly title: string;
  readonly explanation: string;
  readonly next_step: string;
  readonly idp_host?: string | null;
  readonly client_id?: string | null;
  readonly count: number;
  readonly since: string;
  readonly connections: readonly ConnectionRef[];
}

export function getIncidents(
  signal?: AbortSignal,
): Promise<Answer<{ readonly incidents: readonly Incident[] }>> {
  return request("GET", `${ADMIN}/connections/incidents`, undefined, signal);
}
