"""The whole OpenAPI document against the whole system: commands reach a refresher, whose answers are documented too."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import settings

from support.declarations import NOT_SOON, brought, oauth
from support.documented import PUBLISHED, expect_documented
from support.idp import Idp
from support.servers import until
from support.system import ADMIN_TOKEN, System, running_system

BEARER = {"Authorization": f"Bearer {ADMIN_TOKEN}"}
STREAM = "/api/v1/admin/connections/oauth-health/stream"
schema = schemathesis.openapi.from_path(PUBLISHED)


@pytest.fixture(scope="module")
def lived_in(tmp_path_factory: pytest.TempPathFactory, new_database: Callable[[str | None], str]) -> Iterator[System]:
    """With api/crm, which the document names as its example, alive at an identity provider."""
    urls = {f"{name}_url": new_database(None) for name in ("vault", "ledger")}
    folder = tmp_path_factory.mktemp("document") / "system"
    with Idp() as idp, running_system(folder, **urls, common={"AUTHPULSE_FAILED_SIGN_INS": "1000000"}) as system:
        client = idp.client("crm", secret="s3cret")
        token = brought(client, expires_in=NOT_SOON)
        system.declare(oauth(client, "crm", authorization_url=client.authorization_url, token=token))
        until(lambda: system.row("crm"), seconds=30, what="its row")
        yield system


@schema.exclude(path_regex="/stream$").parametrize()
@settings(max_examples=40, deadline=None)
def test_every_answer_is_a_documented_one(case: Any, lived_in: System) -> None:
    """What is declared on the way may name an identity provider that is not there: 502."""
    expect_documented(case, lived_in.url, headers=BEARER, provoked={502})


@schema.include(path_regex="/stream$").parametrize()
@settings(max_examples=40, deadline=None)
def test_every_stream_begins_as_documented(case: Any, lived_in: System) -> None:
    """It has no end, so that its head and its first message are looked at."""
    url, headers = lived_in.url + case.formatted_path, {**dict(case.headers or {}), **BEARER}
    with httpx.stream(case.method, url, headers=headers, params=case.query, timeout=30) as told:
        if case.method != "GET":
            assert told.status_code == {"HEAD": 200, "OPTIONS": 204}.get(case.method, 405)
            return
        assert told.status_code == 200
        documented = json.loads(PUBLISHED.read_bytes())["paths"][STREAM]["get"]["responses"]["200"]
        assert told.headers["content-type"].partition(";")[0] in documented["content"]
        for name, header in documented["headers"].items():
            assert name in told.headers or not header.get("required"), name
        lines = told.iter_lines()
        assert next(lines).startswith("id: ")
        assert next(lines) in {"event: snapshot", "event: changed"}
        assert json.loads(next(lines).removeprefix("data: "))
        assert next(lines) == ""


def test_a_stranger_gets_a_documented_problem_in_place_of_a_stream(lived_in: System) -> None:
    answer = httpx.get(lived_in.url + STREAM)
    assert (answer.status_code, answer.headers["content-type"]) == (401, "application/problem+json")
