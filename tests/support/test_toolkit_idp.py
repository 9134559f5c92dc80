"""The authorization server that none of us wrote rotates, and treats reuse as theft."""

from pathlib import Path

import httpx

from support.toolkit_idp.driver import basic, toolkit_idp


def test_it_rotates_refresh_tokens_and_a_changed_secret_is_invalid_client(tmp_path: Path) -> None:
    with toolkit_idp(tmp_path / "idp", users={"ada": "pw"}, clients={"authpulse": "s+cr/t="}, life=2) as idp:
        tokens = idp.sign_in("ada", "pw", "authpulse", "s+cr/t=")
        form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
        first = httpx.post(idp.token_url, data=form, auth=basic("authpulse", "s+cr/t="))
        again = httpx.post(idp.token_url, data=form, auth=basic("authpulse", "s+cr/t="))
        idp.change_secret("authpulse", "another")
        last = httpx.post(idp.token_url, data=form, auth=basic("authpulse", "s+cr/t="))
        assert (first.status_code, first.json()["expires_in"]) == (200, 2)
        assert first.json()["refresh_token"] != tokens["refresh_token"]
        assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
        assert (last.status_code, last.json()["error"]) == (401, "invalid_client")
        assert idp.token_posts() == [200, 200, 400, 401]
