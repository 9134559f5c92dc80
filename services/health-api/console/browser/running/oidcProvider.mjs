/* npm's oidc-provider as a process: `node oidcProvider.mjs PORT CLIENTS.json`. The clients are read anew for each
   request, so that a secret can be changed while it runs. Tokens live an hour; refresh tokens rotate. */

import { readFileSync } from "node:fs";
import { argv } from "node:process";
import Provider from "oidc-provider";
import MemoryAdapter from "oidc-provider/lib/adapters/memory_adapter.js";

const [port, clients] = argv.slice(2);

class Adapter extends MemoryAdapter {
  constructor(model) {
    super(model);
    this.isForClients = model === "Client";
  }

  async find(id) {
    if (!this.isForClients) return super.find(id);
    return JSON.parse(readFileSync(clients, "utf8")).find((client) => client.client_id === id);
  }
}

const provider = new Provider(`http://127.0.0.1:${port}`, {
  adapter: Adapter,
  rotateRefreshToken: true,
  scopes: ["openid", "offline_access"],
  ttl: {
    AccessToken: 3600,
    Grant: 86_400,
    Interaction: 600,
    RefreshToken: 86_400,
    Session: 86_400,
    IdToken: 3600,
  },
  cookies: { keys: ["for tests on loopback only"] },
});
provider.listen(Number(port), "127.0.0.1");
