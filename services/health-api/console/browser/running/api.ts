/** What an administrator does without the console. */

import { inject } from "vitest";

const CONNECTIONS = "/api/v1/admin/connections";

/** Asks the API as the administrator; raises where it refuses. */
export async function command(method: string, path: string, body?: unknown): Promise<unknown> {
  const { url, token } = inject("running");
  const answer = await fetch(`${url}${CONNECTIONS}${path}`, {
    method,
    headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
  return JSON.parse(text) as unknown;
}
