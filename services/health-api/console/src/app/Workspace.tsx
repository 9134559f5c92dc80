import { useEffect } from "react";
import { useConnectionsOAuthHealth } from "../oauth-health";
import { signOut } from "./api/session";
import { ConnectionPage } from "./connection/ConnectionPage";
import { IncidentsPage } from "./incidents/IncidentsPage";
import { ListPage } from "./list/ListPage";
import { readRoute } from "./routing/routes";
import { useLocation } from "./routing/useLocation";
import { Announcer } from "./shell/Announcer";
import { StaleBanner } from "./shell/StaleBanner";
import { TopBar } from "./shell/TopBar";
import { UnknownPage } from "./shell/UnknownPage";
import { useIdentity } from "./shell/useIdentity";
import { isCurrent } from "./shell/current";

/** Everything behind the sign-in: one following of the health, shared by all pages. */
export function Workspace({ onSignedOut }: { readonly onSignedOut: () => void }) {
  const health = useConnectionsOAuthHealth();
  const { path } = useLocation();
  const identity = useIdentity(isCurrent(health));
  const route = readRoute(path);
  const signedOut = health.transport === "signed-out";
  useEffect(() => {
    if (signedOut) onSignedOut();
  }, [signedOut, onSignedOut]);
  return (
    <div className="workspace">
      <a className="skip" href="#main">
        Skip to content
      </a>
      <TopBar
        transport={health.transport}
        staleness={health.staleness}
        page={route.page}
        identity={identity}
        onSignOut={() => void signOut().then(onSignedOut)}
      />
      <StaleBanner transport={health.transport} staleness={health.staleness} />
      <main id="main" tabIndex={-1}>
        {route.page === "list" && <ListPage health={health} />}
        {route.page === "incidents" && <IncidentsPage health={health} />}
        {route.page === "connection" && (
          <ConnectionPage
            key={path}
            kind={route.kind}
            name={route.name}
            health={health}
            identity={identity}
          />
        )}
        {route.page === "unknown" && <UnknownPage />}
      </main>
      <Announcer shifts={health.shifts} />
    </div>
  );
}
