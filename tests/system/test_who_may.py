"""Who may do what: every operation of the published document, by everybody, with the exact status."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from support.declarations import NOT_SOON
from support.doors import everybody, settings
from support.idp import Client, Idp
from support.issuer import running_issuer
from support.servers import until
from support.system import System, running_system

PUBLISHED = Path(__file__).parents[2] / "docs" / "openapi.json"

WHO: Final = (
    "stranger", "wrong token", "OIDC nobody", "viewer key", "OIDC viewer", "viewer's page",
    "foreign page", "no page", "admin key", "OIDC admin", "admin's page",
)  # fmt: skip
LOOK: Final = (401, 401, 403, 200, 200, 200, 200, 200, 200, 200, 200)
DO: Final = (401, 401, 403, 403, 403, 403, 403, 403, 200, 200, 200)
PUBLIC: Final = (200,) * len(WHO)

# The order is that of the document's life of a connection: what takes away comes last.
TABLE: Final[dict[str, tuple[int, ...]]] = {
    "healthz": PUBLIC,
    "readyz": PUBLIC,
    "who": LOOK,
    "oauth_health": LOOK,
    "oauth_health_stream": LOOK,
    "incidents": LOOK,
    "oauth_status": LOOK,
    "auth_events": LOOK,
    "put_connection": DO,
    "reacquire_oauth": DO,
    "oauth_start": DO,
    "reconnect_link": tuple(201 if status == 200 else status for status in DO),
    "delete_token": DO,
    "delete_connection": DO,
    # A token in the body says who signs in, and nothing else but where the page is from; likewise for signing out.
    "sign_in": (204, 204, 204, 204, 204, 204, 403, 204, 204, 204, 204),
    "sign_out": (204, 204, 204, 204, 204, 204, 403, 204, 204, 204, 204),
}


@pytest.fixture(scope="module")
def idp() -> Iterator[Idp]:
    with Idp() as server:
        yield server


@pytest.fixture(scope="module")
def asked(
    tmp_path_factory: pytest.TempPathFactory, new_database: Callable[[str | None], str]
) -> Iterator[tuple[System, dict[str, httpx.Client]]]:
    """A system, and everybody before its door."""
    urls = {f"{name}_url": new_database(None) for name in ("vault", "ledger")}
    folder = tmp_path_factory.mktemp("who-may") / "system"
    with (
        running_issuer() as issuer,
        running_system(folder, **urls, common=settings(issuer)) as system,
        everybody(system.url, issuer) as clients,
    ):
        yield system, clients


def operations() -> dict[str, tuple[str, str]]:
    """Method and path of each, by operation id."""
    paths = json.loads(PUBLISHED.read_bytes())["paths"]
    return {
        each["operationId"]: (method.upper(), path) for path, those in paths.items() for method, each in those.items()
    }


def test_the_table_has_a_row_for_each_operation_and_no_other() -> None:
    assert set(TABLE) == set(operations())


def body_of(operation: str, client: Client) -> dict[str, Any] | None:
    match operation:
        case "put_connection":
            return {
                "grant": "authorization_code",
                "token_url": client.token_url,
                "authorization_url": client.authorization_url,
                "client_id": client.client_id,
                "client_secret": client.secret,
                "token": {"refresh_token": client.issue(), "access_token": "at", "expires_in": f"{NOT_SOON:.0f}s"},
            }
        case "sign_in":
            return {"token": "apk_a-viewer"}
        case "oauth_start" | "reconnect_link":
            return {}
        case _:
            return None


def status_of(asker: httpx.Client, method: str, url: str, body: dict[str, Any] | None) -> int:
    """Of the head alone: the stream has no end."""
    with asker.stream(method, url, json=body) as answer:
        return answer.status_code


@pytest.mark.parametrize("who", WHO)
def test_everybody_gets_exactly_what_is_theirs(
    asked: tuple[System, dict[str, httpx.Client]], idp: Idp, who: str
) -> None:
    system, clients = asked
    name = who.replace(" ", "-").replace("'", "")
    client = idp.client(name, secret="s3cret")
    declared = body_of("put_connection", client)
    assert system.command("PUT", f"/api/{name}", declared).status_code == 201
    until(lambda: system.row(name), seconds=30, what="its row")
    told = {}
    for operation in TABLE:
        method, path = operations()[operation]
        body = declared if operation == "put_connection" else body_of(operation, client)
        told[operation] = status_of(clients[who], method, path.format(kind="api", name=name), body)
    assert told == {operation: statuses[WHO.index(who)] for operation, statuses in TABLE.items()}
    commanded = TABLE["delete_connection"][WHO.index(who)] == 200
    until(lambda: (system.row(name) is None) == commanded, seconds=30, what="the end of what was removed, or nothing")
    if not commanded:
        row = system.row(name)
        assert row is not None
        assert row["token_acquired"], "a refusal has changed nothing"
        assert not client.posts
