import type { ReactNode } from "react";
import type { Status } from "../api/connections";
import { Time } from "../time/Time";

/** All members of the OAuth status. */
export function StatusPanel({ status }: { readonly status: Status }) {
  const lost = status.last_revocation;
  return (
    <section className="panel" aria-labelledby="status-title">
      <h2 id="status-title">Status</h2>
      <dl className="facts">
        <Fact name="Configuration">{status.configured ? "Complete" : "Broken"}</Fact>
        <Fact name="Access token">{status.token_acquired ? "Stored" : "None"}</Fact>
        <Fact name="Access token ends">
          <Time iso={status.expires_at} />
        </Fact>
        <Fact name="Refresh token">{status.has_refresh_token ? "Stored" : "None"}</Fact>
        <Fact name="Refresh token ends">
          <Time iso={status.refresh_expires_at} />
        </Fact>
        <Fact name="Last refreshed">
          <Time iso={status.last_refreshed_at} none="Never" />
        </Fact>
        <Fact name="Next try">
          <Time iso={status.next_refresh_at} />
        </Fact>
        <Fact name="Grant">{status.grant ?? "–"}</Fact>
        <Fact name="Scope">
          <span className="mono">{status.scope ?? "–"}</span>
        </Fact>
        <Fact name="IdP">
          <span className="mono">{status.idp_host ?? "–"}</span>
        </Fact>
        <Fact name="Connected by">{status.authenticated_by ?? "–"}</Fact>
        <Fact name="Connected">
          <Time iso={status.authenticated_at} none="Never" />
        </Fact>
        <Fact name="Needs reauth">{status.needs_reauth ? "Yes" : "No"}</Fact>
        <Fact name="Last revocation">
          {lost ? (
            <>
              <span className="mono">{lost.reason}</span> <Time iso={lost.occurred_at} />
              {lost.idp_host && ` by ${lost.idp_host}`}
            </>
          ) : (
            "Never"
          )}
        </Fact>
      </dl>
    </section>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
