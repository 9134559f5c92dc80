/** What is declared for the tests: one connection for each state, and some for the tests to break. */

const BROUGHT = `
[connection.token]
refresh_token = { env = "CONSOLE_TESTS_SECRET" }
access_token = { env = "CONSOLE_TESTS_SECRET" }
`;

/** As `authpulse up --connections` reads it; each connection has a client of its own name at the IdP. */
export function declarations(idp: string): string {
  const grant = (kind: string, name: string, expiresIn: number): string =>
    `${connection(kind, name, idp, "authorization_code")}${BROUGHT}expires_in = "${expiresIn}s"\n`;
  return [
    grant("api", "steady", 3600),
    grant("api", "lost", 0),
    grant("api", "busy", 0),
    grant("crm", "failing", 0),
    connection("crm", "never-connected", idp, "authorization_code"),
    connection("machine", "refused", idp, "client_credentials"),
    `[[connection]]\nkind = "odd kind"\nname = "a/b c?#%"\ngrant = "none"\n`,
  ].join("\n");
}

function connection(kind: string, name: string, idp: string, grant: string): string {
  const authorize = grant === "authorization_code" ? `authorization_url = "${idp}/authorize"\n` : "";
  return `
[[connection]]
kind = "${kind}"
name = "${name}"
grant = "${grant}"
token_url = "${idp}/token/${name}"
${authorize}client_id = "${name}"
client_secret = { env = "CONSOLE_TESTS_SECRET" }
`;
}
