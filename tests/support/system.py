"""The whole system as its users have it: NATS, two databases, three services, HTTP, and the operator's command."""

import asyncio
import base64
import contextlib
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import nats
import nats.errors
import psycopg
from psycopg.rows import dict_row

from authpulse_contract.cloudevents import headers
from authpulse_contract.codec import from_json, to_json
from authpulse_contract.commands import LIST, REGISTER, ListConnections, Register, Reply
from authpulse_contract.connections import Declaration
from authpulse_contract.events import Event, type_of
from authpulse_contract.subjects import command_subject, event_subject
from support.servers import NatsServer, free_port, until
from support.services import Service

Row = dict[str, Any]

ADMIN_TOKEN = "the-administrator-of-the-system-tests"
_EVENTS = "select position, version, event_type, body from ledger.events where {} order by position"


class System:
    """A system of its own; `start` returns once it serves. Everything it logs is in `folder`.

    `refreshers`: how many share the work; `settings` are further ones of theirs, `common` those of every service.
    """

    def __init__(  # noqa: PLR0913 -- each by keyword
        self,
        folder: Path,
        *,
        vault_url: str,
        ledger_url: str,
        refreshers: int = 1,
        settings: Mapping[str, str] = {},
        common: Mapping[str, str] = {},
    ) -> None:
        folder.mkdir()
        self.folder, self.vault_url, self.ledger_url = folder, vault_url, ledger_url
        self.nats = NatsServer(folder / "nats")
        self.probes: dict[str, str] = {}
        self.url = f"http://127.0.0.1:{free_port()}"
        everywhere = {"AUTHPULSE_NATS_URL": self.nats.url, "AUTHPULSE_LOG_LEVEL": "INFO", **common}
        refresher = {
            "AUTHPULSE_DATABASE_URL": vault_url,
            "AUTHPULSE_SEALING_KEYS": f"test:{base64.b64encode(b'k' * 32).decode()}",
            "AUTHPULSE_SPILL_DIR": str(folder / "spill"),
            # Lives are short here; and after a kill a lease has to run out, which outlasts the deadline.
            "AUTHPULSE_POLL_INTERVAL": "0.1",
            "AUTHPULSE_IDP_DEADLINE": "5",
        }
        refresher |= settings
        self.refreshers = [
            self._service("authpulse_refresher", everywhere | refresher, number) for number in range(refreshers)
        ]
        self.refresher = self.refreshers[0]
        self.event_store = self._service("authpulse_event_store", everywhere | {"AUTHPULSE_DATABASE_URL": ledger_url})
        http = {"AUTHPULSE_HTTP": self.url.removeprefix("http://"), "AUTHPULSE_ADMIN_TOKEN": ADMIN_TOKEN}
        self.health_api = self._service(
            "authpulse_health_api", everywhere | http | {"AUTHPULSE_DATABASE_URL": ledger_url}
        )

    def _service(self, module: str, settings: dict[str, str], number: int = 0) -> Service:
        name = f"{module}-{number}" if number else module
        self.probes[name] = f"127.0.0.1:{free_port()}"
        return Service(module, settings | {"AUTHPULSE_PROBE": self.probes[name]}, self.folder / f"{name}.log")

    @property
    def services(self) -> tuple[Service, ...]:
        return *self.refreshers, self.event_store, self.health_api

    def start(self) -> None:
        self.nats.start()
        for service in self.services:
            service.start()
        self.until_ready()

    def until_ready(self, *, seconds: float = 60.0) -> None:
        """Until commands are answered and bulk health is served; the event-store shows by what arrives there."""
        until(self._answers_commands, seconds=seconds, what="an answer to a command")
        until(lambda: self.get("/readyz").status_code == 200, seconds=seconds, what="/readyz")

    def stop(self) -> list[int]:
        """Stop in good order; the exit statuses. It is what lets coverage see what the services did, too."""
        for service in self.services:
            service.terminate()
        return [service.wait() for service in self.services]

    def clear(self) -> None:
        """Leave no process behind."""
        for service in self.services:
            service.kill()
        self.nats.stop()

    # --- what can be asked of it ---

    def ask(self, verb: str, *requests: object) -> list[Reply]:
        """The refresher's replies, in the order of the requests."""
        return asyncio.run(self._ask(verb, requests))

    async def _ask(self, verb: str, requests: Iterable[object]) -> list[Reply]:
        bus = await nats.connect(self.nats.url, allow_reconnect=False)
        try:
            asked = (bus.request(command_subject(verb), to_json(request), timeout=20) for request in requests)
            return [from_json(reply.data, Reply) for reply in await asyncio.gather(*asked)]  # type: ignore[arg-type]
        finally:
            await bus.close()

    def declare(self, *declarations: Declaration) -> list[Reply]:
        """Register them as `authpulse apply` does."""
        asked = (Register(declaration=one, declared_by="file", actor="system:test") for one in declarations)
        return self.ask(REGISTER, *asked)

    def publish(self, event: Event) -> None:
        """Put an event on the stream as the refresher would, acknowledged."""
        asyncio.run(self._publish(event))

    async def _publish(self, event: Event) -> None:
        bus = await nats.connect(self.nats.url, allow_reconnect=False)
        try:
            subject = event_subject(event.connection_kind, event.connection_name, type_of(event))
            await bus.jetstream().publish(subject, to_json(event), headers=headers(event))
        finally:
            await bus.close()

    def _answers_commands(self) -> bool:
        assert all(service.running for service in self.services), "a service has ended by itself"
        with contextlib.suppress(nats.errors.Error, OSError):
            return bool(self.ask(LIST, ListConnections(limit=1)))
        return False

    def get(self, path: str) -> httpx.Response:
        """GET with the admin's token; status 599 where nobody listens."""
        try:
            return httpx.get(self.url + path, headers={"Authorization": f"Bearer {ADMIN_TOKEN}"}, timeout=10)
        except httpx.TransportError:
            return httpx.Response(599)

    def command(self, method: str, path: str, body: object | None = None, **headers: str) -> httpx.Response:
        """A request below `/api/v1/admin/connections` with the admin's token."""
        headers = {"Authorization": f"Bearer {ADMIN_TOKEN}", **headers}
        url = f"{self.url}/api/v1/admin/connections{path}"
        return httpx.request(method, url, json=body, headers=headers, timeout=30)

    def bulk(self) -> list[Row]:
        """The rows of the bulk answer."""
        answer = self.get("/api/v1/admin/connections/oauth-health")
        assert answer.status_code == 200, answer.text
        rows: list[Row] = answer.json()["connections"]
        return rows

    def row(self, name: str, *, kind: str = "api") -> Row | None:
        """One connection's row of the bulk answer; None while it is not listed or nobody answers."""
        answer = self.get("/api/v1/admin/connections/oauth-health")
        rows = answer.json()["connections"] if answer.status_code == 200 else []
        return next((row for row in rows if (row["kind"], row["name"]) == (kind, name)), None)

    def until_row(self, name: str, members: Mapping[str, object], *, seconds: float = 15.0) -> Row:
        """The row of `api/<name>` once it has these members; None means absent."""
        found: Row = {}

        def fits() -> bool:
            found.clear()
            found.update(self.row(name) or {})
            return bool(found) and all(found.get(member) == value for member, value in members.items())

        try:
            until(fits, seconds=seconds)
        except AssertionError:
            raise AssertionError(f"{name} did not become {members} within {seconds} s; it is {found}") from None
        return found

    def events(self, name: str | None = None) -> list[Row]:
        """The ledger's events in order of position: position, version, event_type and body."""
        where = "true" if name is None else "connection_name = %s"
        with psycopg.connect(self.ledger_url, row_factory=dict_row) as db:
            return db.execute(_EVENTS.format(where), () if name is None else (name,)).fetchall()

    def query(self, url: str, sql: str) -> list[Row]:
        """The rows of a query on one of the two databases."""
        with psycopg.connect(url, row_factory=dict_row) as db:
            return db.execute(sql).fetchall()

    def authpulse(self, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
        """Run the operator's command against this system."""
        binary = shutil.which("authpulse", path=sysconfig.get_path("scripts"))
        assert binary
        here = {
            "AUTHPULSE_URL": self.url,
            "AUTHPULSE_ADMIN_TOKEN": ADMIN_TOKEN,
            "AUTHPULSE_NATS_URL": self.nats.url,
            "AUTHPULSE_VAULT_URL": self.vault_url,
            "AUTHPULSE_LEDGER_URL": self.ledger_url,
        }
        return subprocess.run(
            [binary, *arguments],
            env={**os.environ, **here, **environ},
            check=False,
            capture_output=True,
            text=True,
            timeout=60,
        )

    def metrics(self) -> dict[str, bytes]:
        """What each service says at `/metrics`, by module."""
        return {module: httpx.get(f"http://{probe}/metrics").content for module, probe in self.probes.items()}

    def logs(self) -> bytes:
        """What the three services have logged so far."""
        return b"".join(service.log.read_bytes() for service in self.services if service.log.exists())


@contextmanager
def running_system(folder: Path, *, vault_url: str, ledger_url: str, **members: Any) -> Iterator[System]:
    """A started system, `members` as of `System`; stopped, with nothing left over, whatever happens."""
    system = System(folder, vault_url=vault_url, ledger_url=ledger_url, **members)
    try:
        system.start()
        yield system
        statuses = system.stop()
        assert set(statuses) == {0}, statuses
    finally:
        system.clear()
        # pytest shows it where the test fails, which is seldom understood without.
        sys.stdout.write(system.logs()[-20_000:].decode(errors="replace"))
