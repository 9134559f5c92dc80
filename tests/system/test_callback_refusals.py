"""Every refusal of the callback: a page that says what to do, one event, and the old grant as it was."""

from collections.abc import Callable
from html import escape
from typing import Any

import httpx
import psycopg
import pytest
from msgspec import Struct

from support.idp import Answer, Client, Idp, Reset
from support.servers import until
from support.system import Row, System
from support.visiting import BACK, browser, declared, finish, start

MARKUP = "<img src=x onerror=alert(1)>"
CALLBACK = "/api/v1/admin/oauth/callback"


class Visit(Struct):
    """Somebody who has connected `api/<name>` before, and is on the way back from the IdP once more."""

    system: System
    client: Client
    person: httpx.Client
    name: str
    begun: dict[str, Any]

    def come_back(self) -> httpx.Response:
        return finish(self.person, self.begun)

    def come_back_in_another_browser(self) -> httpx.Response:
        with browser() as other:
            return finish(other, self.begun)

    def change_vault(self, statement: str) -> None:
        with psycopg.connect(self.system.vault_url) as db:
            db.execute(statement.encode())

    def change_connection(self) -> None:
        changed = declared(self.client, client_id="another", client_secret="s")
        assert self.system.command("PUT", f"/api/{self.name}", changed).status_code == 200


def used(visit: Visit) -> httpx.Response:
    assert visit.come_back().status_code == 302
    again = httpx.get(visit.begun["authorization_url"]).headers["location"]
    visit.person.get(again)
    return visit.person.get(again)


def expired(visit: Visit) -> httpx.Response:
    visit.change_vault("update vault.sign_ins set expires_at = clock_timestamp() where spent_at is null")
    return visit.come_back()


def refused_by_the_idp(visit: Visit) -> httpx.Response:
    visit.client.answer_authorization = {"code": "", "error": MARKUP, "error_description": MARKUP}
    return visit.come_back()


def from_another_issuer(visit: Visit) -> httpx.Response:
    visit.client.answer_authorization = {"iss": "https://evil.example"}
    return visit.come_back()


def without_a_code(visit: Visit) -> httpx.Response:
    visit.client.answer_authorization = {"code": ""}
    return visit.come_back()


def code_refused(visit: Visit) -> httpx.Response:
    visit.client.next(Answer.error(400, MARKUP))
    return visit.come_back()


def not_answered(visit: Visit) -> httpx.Response:
    visit.client.next(Reset())
    return visit.come_back()


def with_a_bad_id_token(visit: Visit) -> httpx.Response:
    visit.client.id_claims = {"aud": MARKUP}
    return visit.come_back()


def as_somebody_else(visit: Visit) -> httpx.Response:
    visit.client.subject = MARKUP
    return visit.come_back()


def changed_meanwhile(visit: Visit) -> httpx.Response:
    visit.change_connection()
    return visit.come_back()


def not_stored(visit: Visit) -> httpx.Response:
    visit.change_vault(
        "create function vault.no() returns trigger language plpgsql as $$ begin raise 'no'; end $$;"
        "create trigger no before insert or update on vault.tokens for each row execute function vault.no()"
    )
    try:
        return visit.come_back()
    finally:
        visit.change_vault("drop trigger no on vault.tokens; drop function vault.no()")


AGAIN = "choose Connect again"
REFUSALS: dict[str, tuple[Callable[[Visit], httpx.Response], str]] = {
    "used_state": (used, AGAIN),
    "expired_state": (expired, AGAIN),
    "other_browser": (Visit.come_back_in_another_browser, "close this page"),
    "idp_refused": (refused_by_the_idp, "allow the access"),
    "wrong_issuer": (from_another_issuer, "Tell an administrator"),
    "no_code": (without_a_code, AGAIN),
    "code_refused": (code_refused, "Check the client"),
    "no_answer": (not_answered, AGAIN),
    "bad_id_token": (with_a_bad_id_token, "Tell an administrator"),
    "other_account": (as_somebody_else, "Sign in with that account"),
    "connection_changed": (changed_meanwhile, AGAIN),
    "not_stored": (not_stored, "look at the log"),
}
"""How to bring it about, and a part of what the page says is to be done, by the cause."""


def grant(system: System, name: str) -> Row:
    """What is stored of it, sealed as it is."""
    rows = system.query(
        system.vault_url,
        """select c.name, c.generation, c.needs_reauth, c.account, c.authenticated_at, t.*
             from vault.connections c left join vault.tokens t using (connection_id)""",
    )
    (row,) = (row for row in rows if row["name"] == name)
    return row


def failures(system: System, name: str) -> list[str]:
    """The causes of what failed."""
    return [one["body"]["detail"]["cause"] for one in system.events(name) if one["event_type"] == "connect_failed"]


def assert_page(answer: httpx.Response, words: str) -> None:
    """It says what to do, and nothing in it came from an IdP unescaped."""
    assert answer.status_code == 400
    assert answer.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"
    assert words.lower() in answer.text.lower()
    assert MARKUP not in answer.text


def test_every_refusal_says_what_to_do_is_told_once_and_leaves_the_old_grant(
    system: System, idp: Idp, subtests: pytest.Subtests
) -> None:
    for cause, (bring_about, words) in REFUSALS.items():
        with subtests.test(cause), browser() as person:
            name = cause.replace("_", "-")
            client = idp.client("crm", secret="s", iss=True, subject="ada@idp")
            assert system.command("PUT", f"/api/{name}", declared(client, issuer=client.issuer)).status_code == 201
            assert finish(person, start(system, person, name=name)).status_code == 302
            visit = Visit(system, client, person, name, start(system, person, name=name))
            before = grant(system, name)
            answer = bring_about(visit)
            assert_page(answer, words)
            assert f'href="{BACK}"' in answer.text
            assert f"api/{name}" in answer.text
            assert (escape(MARKUP) in answer.text) == (cause in {"idp_refused", "code_refused"})
            until(lambda name=name: failures(system, name), what="the event")  # type: ignore[misc]
            assert failures(system, name) == [cause]
            after = grant(system, name)
            if cause == "used_state":
                assert after["generation"] == before["generation"] + 1, "the first use of it counts"
            elif cause == "connection_changed":
                assert (after["access_token"], after["needs_reauth"]) == (None, True), "it is another client's"
            else:
                assert after == before


def test_a_state_that_nobody_knows_is_nobodys_and_so_without_an_event(system: System, idp: Idp) -> None:
    client = idp.client("crm", secret="s")
    system.command("PUT", "/api/crm", declared(client))
    told = len(system.events())
    for query in ("", "?code=c", "?state=", "?state=x&code=c", "?state=a&state=b", f"?state={MARKUP}&error={MARKUP}"):
        answer = httpx.get(f"{system.url}{CALLBACK}{query}")
        assert_page(answer, AGAIN)
        assert "not known here" in answer.text
    system.command("PUT", "/api/after", {"grant": "none"})
    until(lambda: system.row("after"), what="what came later")
    assert len(system.events()) == max(told, 1) + 1
    assert client.posts == []
