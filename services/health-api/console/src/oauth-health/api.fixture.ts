/** A real HTTP server on loopback that speaks the bulk answer and the stream, and can be made to misbehave. */

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { HealthRow } from "./row.js";

export class Api {
  offers: "stream" | "polling" | "silence" = "stream";
  beat = true;
  staleness = 0;
  notModified = 0;
  readonly requests: string[] = [];
  readonly resumedFrom: (string | undefined)[] = [];
  url = "";
  private position = 1;
  private readonly open = new Set<ServerResponse>();
  private readonly server = createServer((request, response) => {
    this.answer(request, response);
  });
  private beating: ReturnType<typeof setInterval> | undefined;

  private rows: HealthRow[];

  constructor(rows: HealthRow[]) {
    this.rows = rows;
  }

  async start(port: number): Promise<void> {
    await new Promise<void>((resolve) => this.server.listen(port, "127.0.0.1", resolve));
    this.url = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
    this.beating = setInterval(() => {
      if (this.beat) for (const response of this.open) response.write(": beat\n\n");
    }, 50);
  }

  async stop(): Promise<void> {
    clearInterval(this.beating);
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  /** Replaces the rows and tells the streams. */
  change(rows: HealthRow[]): void {
    this.rows = rows;
    this.position += 1;
    for (const response of this.open) this.send(response, "changed", { changed: rows, removed: [] });
  }

  cut(): void {
    for (const response of this.open) response.destroy();
  }

  listeners(): number {
    return this.open.size;
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    const path = request.url ?? "";
    response.setHeader("Access-Control-Allow-Origin", "*");
    response.setHeader("Access-Control-Allow-Headers", "authorization, last-event-id, if-none-match");
    response.setHeader("Access-Control-Expose-Headers", "etag, age, authpulse-away");
    if (request.method === "OPTIONS") {
      response.writeHead(204).end();
      return;
    }
    this.requests.push(path);
    if (request.headers.authorization !== "Bearer good") response.writeHead(401).end();
    else if (path.endsWith("/stream")) this.stream(request, response);
    else this.bulk(request, response);
  }

  private stream(request: IncomingMessage, response: ServerResponse): void {
    if (this.offers === "polling") {
      response.writeHead(404).end();
      return;
    }
    this.resumedFrom.push(request.headers["last-event-id"] as string | undefined);
    response.writeHead(200, { "Content-Type": "text/event-stream", ...this.age() });
    response.flushHeaders();
    if (this.offers === "silence") return;
    this.open.add(response);
    response.on("close", () => this.open.delete(response));
    this.send(response, "snapshot", { connections: this.rows });
  }

  private bulk(request: IncomingMessage, response: ServerResponse): void {
    const etag = `"${this.position}"`;
    response.setHeader("ETag", etag);
    for (const [name, value] of Object.entries(this.age())) response.setHeader(name, value);
    if (request.headers["if-none-match"] === etag) {
      this.notModified += 1;
      response.writeHead(304).end();
    } else response.end(JSON.stringify({ connections: this.rows }));
  }

  private age(): Record<string, string> {
    return { Age: `${this.staleness}`, ...(this.staleness > 5 && { "Authpulse-Away": "event-store" }) };
  }

  private send(response: ServerResponse, event: string, body: unknown): void {
    response.write(`id: ${this.position}\nevent: ${event}\ndata: ${JSON.stringify(body)}\n\n`);
  }
}

export async function startApi(rows: HealthRow[], port = 0): Promise<Api> {
  const api = new Api(rows);
  await api.start(port);
  return api;
}
