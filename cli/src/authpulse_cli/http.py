"""Asking health-api from a command."""

from datetime import datetime
from urllib.parse import quote

import httpx
import msgspec
from msgspec import Struct

from authpulse_cli.errors import CommandError
from authpulse_cli.instance import Instance, named
from authpulse_contract.health import HealthRow

_ADMIN = "/api/v1/admin"


class Bulk(Struct, frozen=True):
    """The bulk answer; unknown members are ignored."""

    connections: list[HealthRow]


class Health(Struct, frozen=True, kw_only=True):
    """The rows, how many seconds old they are, and who keeps newer news ("" while they are new)."""

    rows: list[HealthRow]
    age: int
    away: str


class Schedule(Struct, frozen=True, kw_only=True):
    """What `status` takes from the status of one connection. Times are UTC."""

    next_refresh_at: datetime | None = None


def client(instance: Instance) -> httpx.Client:
    """A client that is signed in at the instance. Raises `CommandError` if the instance is not known."""
    token = named(instance.admin_token, "AUTHPULSE_ADMIN_TOKEN")
    if instance.url is None:
        raise CommandError("AUTHPULSE_URL is not set. Set it, such as to http://127.0.0.1:8080, or use --data DIR.")
    # Redirects are not followed: the token is for this host alone.
    return httpx.Client(base_url=instance.url, headers={"Authorization": f"Bearer {token}"}, timeout=15)


def fetch_bulk(instance: Instance) -> bytes:
    """The bulk answer as served. Raises `CommandError`."""
    with client(instance) as session:
        return fetch(session, f"{_ADMIN}/connections/oauth-health").content


def fetch_health(session: httpx.Client) -> Health:
    """The bulk answer. Raises `CommandError`."""
    answer = fetch(session, f"{_ADMIN}/connections/oauth-health")
    rows = msgspec.json.decode(answer.content, type=Bulk).connections
    age = answer.headers.get("age", "0")
    return Health(rows=rows, age=int(age) if age.isdigit() else 0, away=answer.headers.get("authpulse-away", ""))


def fetch_schedule(session: httpx.Client, row: HealthRow) -> Schedule:
    """When the connection is looked at next. Raises `CommandError`."""
    path = f"{_ADMIN}/connections/{quote(row.kind, safe='')}/{quote(row.name, safe='')}/oauth-status"
    return msgspec.json.decode(fetch(session, path).content, type=Schedule)


def fetch(session: httpx.Client, path: str) -> httpx.Response:
    """A successful answer. Raises `CommandError`, saying what to do."""
    try:
        answer = session.get(path)
    except (httpx.HTTPError, httpx.InvalidURL) as failure:
        raise CommandError(
            f"{session.base_url} cannot be reached ({type(failure).__name__}). Is authpulse up? Start it, or point to "
            f"it with --data DIR or AUTHPULSE_URL."
        ) from None
    if answer.status_code in (401, 403):
        raise CommandError(
            f"{session.base_url} does not accept the token. Check AUTHPULSE_ADMIN_TOKEN, or use --data DIR."
        )
    if answer.status_code != httpx.codes.OK:
        raise CommandError(f"{session.base_url} answered {answer.status_code}: {answer.text[:200]}")
    return answer
