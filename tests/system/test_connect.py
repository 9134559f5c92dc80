"""An operator connects, reconnects and disconnects over HTTP, with the whole system running."""

from typing import Any
from urllib.parse import quote

import httpx

from support.idp import Answer, Idp
from support.servers import until
from support.system import System
from support.visiting import BACK, browser, declared, finish, start

CRM = "/api/crm"


def test_an_operator_connects_breaks_mends_and_disconnects_a_connection(system: System, idp: Idp) -> None:
    client = idp.client("crm", secret="first-secret")
    client.subject, client.scope = "ada@idp", "read"
    created = system.command("PUT", CRM, declared(client, scopes=["read", "write"]))
    assert (created.status_code, created.json()["action"]) == (201, "created")
    system.until_row("crm", {"needs_reauth": True})

    with browser() as person:
        begun = start(system, person, Host="evil.example", **{"X-Forwarded-Host": "evil.example"})
        assert begun["redirect_uri"] == f"{system.url}/api/v1/admin/oauth/callback"
        back = finish(person, begun)
    assert (back.status_code, back.headers["location"]) == (302, "/connections/api/crm")
    system.until_row("crm", {"needs_reauth": False, "token_acquired": True})
    again = system.command("POST", f"{CRM}/reacquire-oauth")
    assert (again.status_code, again.json()["needs_reauth"]) == (200, False), again.text

    client.secret = "second-secret"
    refused = system.command("POST", f"{CRM}/reacquire-oauth")
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:authpulse:problem:needs_reauth")
    system.until_row("crm", {"needs_reauth": True, "idp_error_code": "invalid_client", "token_acquired": False})
    system.command("PUT", CRM, declared(client, scopes=["read", "write"]))
    system.until_row("crm", {"needs_reauth": False, "token_acquired": True, "idp_error_code": None})

    client.always(Answer.error(503))
    down = system.command("POST", f"{CRM}/reacquire-oauth")
    assert (down.status_code, down.json()["type"]) == (502, "urn:authpulse:problem:idp_failed")
    client.always(None)
    # A connection that fails is tried again as soon as it is changed, and what that brings would be revoked as well.
    until(lambda: system.command("POST", f"{CRM}/reacquire-oauth").status_code == 200, what="a refresh that works")
    system.command("PUT", CRM, declared(client, scopes=["read", "write"], revocation_url=client.revocation_url))
    forgotten = system.command("DELETE", f"{CRM}/token")
    assert (forgotten.status_code, forgotten.json()["tokens_forgotten"]) == (200, True)
    system.until_row("crm", {"needs_reauth": True, "token_acquired": False})
    assert len(client.revoked) == 1
    assert system.command("DELETE", CRM).status_code == 200

    events = system.events("crm")
    assert [event["version"] for event in events] == list(range(1, len(events) + 1))
    told = {event["event_type"]: event["body"]["detail"] for event in events}
    assert told["connect_completed"]["missing_scopes"] == ["write"]
    assert told["token_deleted_admin"]["revoked_at_idp"] is True
    assert [event["event_type"] for event in events][:2] == ["connection_registered", "connect_started"]
    recovered = [event for event in events if event["body"]["detail"].get("cause") == "recovered"]
    assert [event["event_type"] for event in recovered] == ["refresh_succeeded"]
    _nothing_leaked(system, begun)


def _nothing_leaked(system: System, begun: dict[str, Any]) -> None:
    written = system.logs() + str(system.events()).encode()
    for secret in (begun["state"], "first-secret", "second-secret", "rt-", "at-", "code-"):
        assert secret.encode() not in written, secret


def test_the_callback_answers_whatever_comes_with_an_escaped_page(system: System, idp: Idp) -> None:
    client = idp.client("crm", secret="s")
    system.command("PUT", CRM, declared(client))
    markup = "<img src=x onerror=alert(1)>"
    with browser() as person:
        begun = start(system, person)
        client.answer_authorization = {"code": "", "error": markup}
        back = finish(person, begun)
    assert back.status_code == 400
    assert back.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in back.headers["content-security-policy"]
    assert markup not in back.text
    assert "&lt;img src=x onerror=alert(1)&gt;" in back.text
    assert "Choose Connect again" in back.text
    for query in ("", "?state=x", "?state=a&state=b", f"?state={quote(markup)}&code={quote(markup)}", "?state=%ff%00"):
        answer = httpx.get(f"{system.url}/api/v1/admin/oauth/callback{query}")
        assert answer.status_code == 400
        assert markup not in answer.text
        assert "not known here" in answer.text


def test_another_browser_cannot_finish_a_sign_in(system: System, idp: Idp) -> None:
    """Login CSRF: a victim is lured to the callback of a sign-in that the attacker began."""
    client = idp.client("crm", secret="s")
    system.command("PUT", CRM, declared(client))
    with browser() as attacker, browser() as victim:
        begun = start(system, attacker)
        back = finish(victim, begun)
    assert back.status_code == 400
    assert "another browser" in back.text
    assert client.posts == []


def test_an_owner_without_an_account_reconnects_by_a_link_once(system: System, idp: Idp) -> None:
    client = idp.client("crm", secret="s")
    system.command("PUT", CRM, declared(client))
    made = system.command("POST", f"{CRM}/reconnect-link", {"valid_for": "1h"})
    assert made.status_code == 201, made.text
    url = made.json()["url"]
    assert url.startswith(f"{system.url}/reconnect/")
    with browser() as owner:
        for _ in range(3):
            assert "Connect api/crm" in owner.get(url).text
        use: dict[str, Any] = {"url": f"{system.url}/reconnect", "data": {"link": url.rpartition("/")[2]}}
        page = owner.post(**use)
        assert page.status_code == 200
        address = page.text.split('<a href="')[1].split('"')[0].replace("&amp;", "&")
        done = finish(owner, {"authorization_url": address})
        assert done.status_code == 200
        assert "You can close this page" in done.text
        for answer in (owner.get(url), owner.post(**use)):
            assert answer.status_code == 404
            assert "used" in answer.text
        assert owner.get(f"{system.url}/api/v1/admin/connections/oauth-health").status_code == 401
    assert url.rpartition("/")[2].encode() not in system.logs()
    system.until_row("crm", {"needs_reauth": False})
    completed = next(event for event in system.events("crm") if event["event_type"] == "connect_completed")
    assert completed["body"]["actor"] == "link:admin"


def test_what_a_file_declares_is_not_changed_over_http(system: System, idp: Idp, tmp_path: Any) -> None:
    client = idp.client("crm", secret="s")
    file = tmp_path / "connections.toml"
    members = {name: value for name, value in declared(client, issuer=client.issuer).items() if name != "client_secret"}
    lines = [f"{name} = {value!r}" for name, value in members.items() if name != "token_url"]
    file.write_text(
        "\n".join(["[[connection]]", 'kind = "api"', 'name = "crm"', 'client_secret = { env = "S" }', *lines])
    )
    applied = system.authpulse("apply", str(file), S="s")
    assert applied.returncode == 0, applied.stderr
    assert "created" in applied.stdout
    assert "1 unchanged" in system.authpulse("apply", str(file), S="s").stdout
    for method, body in (("PUT", declared(client)), ("DELETE", None)):
        answer = system.command(method, CRM, body)
        assert (answer.status_code, answer.json()["type"]) == (409, "urn:authpulse:problem:conflict")
        assert "connections file" in answer.json()["detail"]
    assert system.command("POST", f"{CRM}/reacquire-oauth").status_code == 409
    with browser() as person:
        assert finish(person, start(system, person)).status_code == 302


def test_without_a_refresher_commands_say_so(system: System, idp: Idp) -> None:
    client = idp.client("crm", secret="s")
    system.refresher.stop()
    for method, path, body in (
        ("PUT", "", declared(client)),
        ("DELETE", "", None),
        ("DELETE", "/token", None),
        ("POST", "/oauth-start", {"return_to": BACK}),
        ("POST", "/reacquire-oauth", None),
        ("POST", "/reconnect-link", {}),
    ):
        answer = system.command(method, CRM + path, body)
        assert (answer.status_code, answer.json()["type"]) == (503, "urn:authpulse:problem:no_refresher")
        assert answer.headers["retry-after"] == "5"
    page = httpx.get(f"{system.url}/api/v1/admin/oauth/callback?state=x")
    assert page.status_code == 503
    assert "No refresher is running" in page.text
