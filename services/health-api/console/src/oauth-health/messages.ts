/** Reads what the API sends: JSON text → message, or null where it is none of ours. */

import type { Message } from "./health.js";
import { readRow, type ConnectionRef, type HealthRow } from "./row.js";

/** `{"connections": [...]}`, the bulk answer and the stream's first event. */
export function readSnapshot(json: string): Message | null {
  const body = parse(json);
  return Array.isArray(body?.connections) ? { type: "snapshot", rows: readRows(body.connections) } : null;
}

/** `{"changed": [rows], "removed": [{kind, name}]}`. */
export function readChange(json: string): Message | null {
  const body = parse(json);
  if (!body) return null;
  return { type: "changed", changed: readRows(body.changed), removed: readRefs(body.removed) };
}

/** `Age` (RFC 9111 5.1) and `Authpulse-Away`: how old the rows are, and who is away; absent or odd means new. */
export function readAge(headers: Headers): Message {
  const away = headers.get("authpulse-away") ?? "";
  return staleness(
    Number(headers.get("age") ?? 0),
    away.split(",").map((part) => part.trim()),
  );
}

/** `{"seconds": n, "away": [names]}`, which the stream says while its rows are old, and once more with 0 afterwards. */
export function readStaleness(json: string): Message | null {
  const body = parse(json);
  return body && staleness(Number(body.seconds), Array.isArray(body.away) ? body.away : []);
}

function staleness(seconds: number, away: readonly unknown[]): Message {
  return {
    type: "staleness",
    seconds: Number.isFinite(seconds) && seconds > 0 ? seconds : 0,
    away: away.filter((part): part is string => typeof part === "string" && part !== ""),
  };
}

function parse(json: string): Record<string, unknown> | null {
  try {
    const body: unknown = JSON.parse(json);
    return typeof body === "object" && body !== null ? (body as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

function readRows(values: unknown): HealthRow[] {
  return Array.isArray(values) ? values.map(readRow).filter((row) => row !== null) : [];
}

function readRefs(values: unknown): ConnectionRef[] {
  return readRows(values).map(({ kind, name }) => ({ kind, name }));
}
