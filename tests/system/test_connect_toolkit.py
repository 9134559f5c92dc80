"""Connect, break, reconnect and disconnect at an authorization server that none of us wrote."""

from pathlib import Path
from typing import Any

import httpx

from support.system import System
from support.toolkit_idp.driver import ToolkitIdp, toolkit_idp

CRM = "/api/crm"
ADA = ("ada", "ada-has-a-password")


def declared(idp: ToolkitIdp, secret: str) -> dict[str, Any]:
    return {
        "grant": "authorization_code",
        "token_url": idp.token_url,
        "authorization_url": idp.authorization_url,
        "revocation_url": idp.revocation_url,
        "client_id": "crm",
        "client_secret": secret,
        "scopes": ["read"],
    }


def sign_in(system: System, idp: ToolkitIdp) -> httpx.Response:
    begun = system.command("POST", f"{CRM}/oauth-start", {"return_to": "/"})
    assert begun.status_code == 200, begun.text
    back = idp.consent(begun.json()["authorization_url"], *ADA)
    # The cookie of the start, which a browser would bring by itself.
    cookie = begun.headers["set-cookie"].partition(";")[0]
    return httpx.get(back, headers={"Cookie": cookie}, timeout=20)


def test_the_whole_life_of_a_grant_at_a_real_authorization_server(system: System, tmp_path: Path) -> None:
    callback = f"{system.url}/api/v1/admin/oauth/callback"
    with toolkit_idp(
        tmp_path / "idp", users=dict([ADA]), clients={"crm": "first"}, life=3600, redirect_uri=callback
    ) as idp:
        assert system.command("PUT", CRM, declared(idp, "first")).status_code == 201
        done = sign_in(system, idp)
        assert (done.status_code, done.headers.get("location")) == (302, "/"), done.text
        for _ in range(5):
            assert system.command("POST", f"{CRM}/reacquire-oauth").status_code == 200
        idp.change_secret("crm", "second")
        assert system.command("POST", f"{CRM}/reacquire-oauth").status_code == 409
        system.until_row("crm", {"needs_reauth": True, "idp_error_code": "invalid_client"})
        wrong = sign_in(system, idp)
        assert wrong.status_code == 400
        assert "invalid_client" in wrong.text
        system.command("PUT", CRM, declared(idp, "second"))
        assert sign_in(system, idp).status_code == 302
        system.until_row("crm", {"needs_reauth": False, "idp_error_code": None, "token_acquired": True})
        assert system.command("DELETE", f"{CRM}/token").status_code == 200
        system.until_row("crm", {"needs_reauth": True, "token_acquired": False})
    deleted = next(event for event in system.events("crm") if event["event_type"] == "token_deleted_admin")
    assert deleted["body"]["detail"]["revoked_at_idp"] is True
