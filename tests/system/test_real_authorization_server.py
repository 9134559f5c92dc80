"""Real input: an authorization server that none of us wrote, through the operator's own command."""

from pathlib import Path

from authpulse_contract.commands import REFRESH, RefreshNow
from support.servers import until
from support.system import System
from support.toolkit_idp.driver import toolkit_idp

_CONNECTIONS = """
[[connection]]
kind = "api"
name = "crm"
grant = "authorization_code"
token_url = "{token_url}"
authorization_url = "{authorization_url}"
client_id = "authpulse"
client_secret = {{ env = "CRM_SECRET" }}
scopes = ["read"]

[connection.token]
refresh_token = {{ env = "CRM_REFRESH_TOKEN" }}
access_token = {{ env = "CRM_ACCESS_TOKEN" }}
expires_in = "0s"
"""
_SECRET = "a+secret/with=signs that some servers get wrong"


def test_a_grant_outlives_fifty_rotations_and_dies_of_a_changed_secret(system: System, tmp_path: Path) -> None:
    """Nothing is inserted by hand: apply, rotate, refuse, publish, append, serve."""
    with toolkit_idp(tmp_path / "idp", users={"ada": "pw"}, clients={"authpulse": _SECRET}, life=1) as idp:
        tokens = idp.sign_in("ada", "pw", "authpulse", _SECRET)
        file = tmp_path / "connections.toml"
        file.write_text(_CONNECTIONS.format(token_url=idp.token_url, authorization_url=idp.authorization_url))
        applied = system.authpulse(
            "apply",
            str(file),
            CRM_SECRET=_SECRET,
            CRM_REFRESH_TOKEN=str(tokens["refresh_token"]),
            CRM_ACCESS_TOKEN=str(tokens["access_token"]),
        )
        assert applied.returncode == 0, applied.stderr

        # Sign-in was the first POST. Ten rotations at the pace of its own schedule, the others as fast as they go.
        until(lambda: len(idp.token_posts()) > 10, seconds=40, what="ten rotations")
        while len(idp.token_posts()) <= 50:
            system.ask(REFRESH, RefreshNow(kind="api", name="crm", actor="ada"))
        assert set(idp.token_posts()) == {200}
        healthy = system.until_row("crm", {"needs_reauth": False, "token_acquired": True, "refresh_failing": False})
        assert "idp_error_code" not in healthy

        idp.change_secret("authpulse", "another secret")
        dead = {"needs_reauth": True, "idp_error_code": "invalid_client", "token_acquired": False}
        system.until_row("crm", dead, seconds=10)
        assert idp.token_posts().count(401) == 1, "a refused client must not be tried again"

    succeeded = [event for event in system.events("crm") if event["event_type"] == "refresh_succeeded"]
    assert len(succeeded) >= 50
    assert all(event["body"]["detail"]["rotated_refresh"] for event in succeeded)
    assert [event["version"] for event in system.events("crm")] == list(range(1, len(succeeded) + 3))
    verified = system.authpulse("verify")
    assert verified.returncode == 0, verified.stdout + verified.stderr
