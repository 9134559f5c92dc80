import "./topBar.css";
import type { Staleness, Transport } from "../../oauth-health";
import type { Identity } from "../api/session";
import { Link } from "../routing/Link";
import { INCIDENTS_PATH, LIST_PATH, type Route } from "../routing/routes";
import { ThemeSwitch } from "./ThemeSwitch";
import { TransportSign } from "./TransportSign";

interface Props {
  readonly transport: Transport;
  readonly staleness: Staleness;
  readonly page: Route["page"];
  readonly identity: Identity | null;
  readonly onSignOut: () => void;
}

export function TopBar({ transport, staleness, page, identity, onSignOut }: Props) {
  return (
    <header className="top-bar">
      <Link href={LIST_PATH} className="brand">
        <img src="/assets/icon.svg" alt="" width="20" height="20" />
        authpulse
      </Link>
      <nav aria-label="Pages">
        <Link href={LIST_PATH} {...(page === "list" && { "aria-current": "page" as const })}>
          Connections
        </Link>
        <Link href={INCIDENTS_PATH} {...(page === "incidents" && { "aria-current": "page" as const })}>
          Incidents
        </Link>
      </nav>
      <TransportSign transport={transport} staleness={staleness} />
      <ThemeSwitch />
      <button
        type="button"
        className="quiet-button"
        title={identity ? `Signed in as ${identity.name} (${identity.role})` : undefined}
        onClick={onSignOut}
      >
        Sign out
      </button>
    </header>
  );
}
