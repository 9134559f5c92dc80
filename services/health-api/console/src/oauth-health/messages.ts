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

/** `Age` (RFC 9111 5.1): seconds since the rows were last known to equal the ledger; absent or odd means 0. */
export function readAge(headers: Headers): Message {
  return staleness(Number(headers.get("age") ?? 0));
}

/** `{"seconds": n}`, which the stream says while the ledger is away, and once more with 0 when it is back. */
export function readStaleness(json: string): Message | null {
  const body = parse(json);
  return body && staleness(Number(body.seconds));
}

function staleness(seconds: number): Message {
  return { type: "staleness", seconds: Number.isFinite(seconds) && seconds > 0 ? seconds : 0 };
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
