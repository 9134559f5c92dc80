"""Whatever an IdP sends, what we keep is bounded and clean, and no secret is anywhere but sealed in the vault."""

import json
import unicodedata
from itertools import count

import pytest

from support.canary import around, bytes_of, dump
from support.collector import Collector
from support.declarations import brought, oauth
from support.idp import Answer, Idp, Manner, Sent
from support.servers import until
from support.system import System

CANARY = "cAnArYbIrDs7"
"""In every secret of this test; nothing that we keep may contain it in any case or coding."""
SECRET = f"{CANARY}-client/secret+with=signs"
LIMIT = 200

_numbers = count()

CODES = {
    "five-kilobytes": "A" * 5_000,
    "url": "https://evil.example/phish?next=1",
    "url-in-words": "click https://evil.example/ now",
    "script": "<script>alert(1)</script>",
    "control": "in\x00va\x1b[31mlid\r\nSet-Cookie: a=b\x7f\x85",
    "bidi": "\u202egrant\u2066_invalid\u2069",
    "zero-width": "inv\u200balid\u200d_gr\ufeffant",
    "astral": "code" + "\U0001f600" * 300,
    "lone-surrogate": "\ud800invalid",
    "blank": " \u00a0\t ",
}
"""Codes that say nothing of a secret, to what the IdP sends; each with 401, so that it is shown."""


def echo_in_the_code(sent: Sent) -> Manner:
    return Answer.error(401, f"no {sent.refresh_token} for {sent.secret}")


def echo_across_the_limit(sent: Sent) -> Manner:
    return Answer.error(401, "x" * (LIMIT - 20) + f"{sent.refresh_token} {sent.secret}")


def echo_in_the_description(sent: Sent) -> Manner:
    told = f"token {sent.refresh_token} of {sent.client_id} {sent.secret}"
    return Answer.error(401, "invalid_grant", error_description=told, error_uri=f"https://x.example/{sent.secret}")


def echo_in_headers(sent: Sent) -> Manner:
    said = {"WWW-Authenticate": f'Bearer error="{sent.refresh_token}"', "X-Request-Id": str(sent.secret)}
    return Answer(status=401, body=b'{"error":"invalid_client"}', headers=said | {"Retry-After": str(sent.secret)})


def echo_the_basic_credentials(sent: Sent) -> Manner:
    return Answer.error(401, sent.headers["authorization"])


def echo_in_a_page(sent: Sent) -> Manner:
    return Answer(status=500, body=f"<pre>{json.dumps(sent.form)} {sent.secret}</pre>".encode())


def echo_in_a_location(sent: Sent) -> Manner:
    return Answer(status=302, headers={"Location": f"http://127.0.0.1:1/?{sent.refresh_token}&{sent.secret}"})


def echo_in_an_object(sent: Sent) -> Manner:
    return Answer.error(401, "", error={"code": f"E-{sent.refresh_token}", "message": sent.secret})


def issue_what_breaks(sent: Sent) -> Manner:
    body = {"access_token": {"nested": sent.secret}, "refresh_token": [sent.refresh_token], "expires_in": sent.secret}
    return Answer(status=200, body=json.dumps(body).encode(), headers={"Content-Type": "application/json"})


ECHOES = [
    echo_in_the_code,
    echo_across_the_limit,
    echo_in_the_description,
    echo_in_headers,
    echo_the_basic_credentials,
    echo_in_a_page,
    echo_in_a_location,
    echo_in_an_object,
    issue_what_breaks,
]


@pytest.fixture
def system(traced_system: System) -> System:
    """Traced: what is sent to a collector is kept by others."""
    return traced_system


def test_hostile_codes_are_bounded_and_clean_and_no_secret_is_kept_or_told(
    system: System, idp: Idp, collector: Collector
) -> None:
    script = {name: Answer.error(401, code) for name, code in CODES.items()} | {echo.__name__: echo for echo in ECHOES}
    for name, manner in script.items():
        client = idp.client(f"client-{name}", secret=SECRET, make_token=numbered)
        client.always(manner)
        system.declare(oauth(client, name, token=brought(client)))
    healthy = idp.client("client-healthy", secret=SECRET, make_token=numbered)
    system.declare(oauth(healthy, "healthy", token=brought(healthy)))

    def all_tried() -> bool:
        tried = {event["body"]["connection_name"] for event in system.events() if "refresh" in event["event_type"]}
        return tried == {*script, "healthy"}

    until(all_tried, seconds=30, what="an attempt at each")
    until(lambda: {row["name"] for row in system.bulk()} == {*script, "healthy"}, what="every row in the bulk answer")
    answers = [system.get("/api/v1/admin/connections/oauth-health").content]
    for name in [*script, "healthy"]:
        for what in ("oauth-status", "auth-events"):
            answer = system.get(f"/api/v1/admin/connections/api/{name}/{what}")
            assert answer.status_code == 200, answer.text
            answers.append(answer.content)
            _check_clean(answer.json())
    _check_clean(system.bulk())

    rows = {row["name"]: row for row in system.bulk()}
    assert "idp_error_code" not in rows["healthy"]
    assert all(rows[name]["needs_reauth"] for name in CODES)
    assert len(rows["five-kilobytes"]["idp_error_code"]) == LIMIT
    assert rows["url"]["idp_error_code"] == "(redacted: URL-shaped content)"
    assert rows["echo_in_an_object"]["idp_error_code"] == "E-***"
    assert rows["zero-width"]["idp_error_code"] == "invalid_grant"
    assert rows["echo_in_the_description"]["idp_error_code"] == "invalid_grant"

    until(lambda: traced(collector) == {*script, "healthy"}, seconds=30, what="the traces of all")
    kept = {
        "HTTP answers": b"".join(answers),
        "logs": system.logs(),
        "metrics": b"".join(system.metrics().values()),
        "traces": b"".join(collector.bodies),
        "stream": bytes_of(system.folder / "nats"),
        "ledger": dump(system.ledger_url),
        "vault": dump(system.vault_url),
    }
    assert b"five-kilobytes" in kept["stream"], "the search must find what is there"
    assert b"five-kilobytes" in kept["ledger"]
    assert b"five-kilobytes" in kept["traces"]
    assert b'outcome="refresh_failed_revoked"' in kept["metrics"]
    assert b"five-kilobytes" in kept["vault"]
    leaks = {place: found for place, content in kept.items() if (found := around(content, CANARY))}
    assert not leaks


def traced(collector: Collector) -> set[object]:
    """The connections of which a refresh has been traced."""
    return {span.attributes.get("authpulse.connection.name") for span in list(collector.spans)} - {None}


def numbered(kind: str) -> str:
    return f"{CANARY}-{kind}-{next(_numbers):06}"


def _check_clean(value: object) -> None:
    """No string in `value` is longer than allowed or has a character that can deceive."""
    match value:
        case dict():
            for key, inner in value.items():
                _check_clean(key)
                _check_clean(inner)
        case list():
            for inner in value:
                _check_clean(inner)
        case str():
            assert len(value) <= LIMIT, value
            assert not [char for char in value if unicodedata.category(char) in {"Cc", "Cf", "Cs", "Zl", "Zp"}], value
