/**
 * An identity provider on loopback that rotates refresh tokens, or refuses as it is told: `PUT /told/{client}`.
 * `GET /refused/{client}` is its log: when it last refused, in milliseconds.
 */

import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

/** What the token endpoint says to a client from now on. */
export interface Told {
  readonly status: number;
  readonly error?: string;
  /** Seconds that an access token lives. */
  readonly expiresIn?: number;
}

const KIND: Told = { status: 200, expiresIn: 3600 };

export async function startIdp(): Promise<{ url: string; server: Server }> {
  const told = new Map<string, Told>();
  const refusedAt = new Map<string, number>();
  let issued = 0;

  async function answer(request: IncomingMessage): Promise<[number, unknown]> {
    const path = request.url ?? "";
    const body = await text(request);
    if (request.method === "PUT") {
      told.set(path.replace("/told/", ""), JSON.parse(body) as Told);
      return [200, {}];
    }
    if (request.method === "GET") return [200, { at: refusedAt.get(path.replace("/refused/", "")) }];
    const client = path.replace("/token/", "");
    const { status, error, expiresIn } = told.get(client) ?? KIND;
    if (status !== 200) {
      refusedAt.set(client, Date.now());
      return [status, error === undefined ? {} : { error }];
    }
    issued += 1;
    const tokens = { access_token: `at-${issued}`, refresh_token: `rt-${issued}`, token_type: "Bearer" };
    return [200, { ...tokens, expires_in: expiresIn ?? 3600 }];
  }

  const server = createServer((request, response) => {
    void answer(request).then(([status, body]) => {
      response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}
