"""One nats-server and one PostgreSQL a run; a fresh stream and fresh databases a test."""

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from itertools import count

import nats
import psycopg
import pytest
from hypothesis import HealthCheck, settings
from nats.js.errors import NotFoundError

from authpulse_chassis.migrate import migrate
from authpulse_contract.subjects import STREAM
from support.servers import NatsServer, nats_server, postgres

_numbers = count()

# How long an example takes says more about the machine's other work than about the code.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")


@pytest.fixture(scope="session")
def nats_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NatsServer]:
    with nats_server(tmp_path_factory.mktemp("nats")) as server:
        yield server


@pytest.fixture
async def nats_url(nats_process: NatsServer) -> str:
    """A server without the stream: whoever needs it makes it, as in production."""
    connection = await nats.connect(nats_process.url)
    with contextlib.suppress(NotFoundError):
        await connection.jetstream().delete_stream(STREAM)
    await connection.close()
    return nats_process.url


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    # The tests kill processes, not machines: what the kernel has been given is not lost.
    settings = ("fsync=off", "full_page_writes=off", "synchronous_commit=off", "max_connections=200")
    with postgres(settings) as server:
        yield server.url


@pytest.fixture(scope="session")
def new_database(postgres_url: str) -> Callable[[str | None], str]:
    """Makes a database, migrated for `package` where one is named, and returns its URL; cloned from a template."""
    templates: dict[str | None, str] = {}

    def make(package: str | None = None) -> str:
        with psycopg.connect(postgres_url.format(database="postgres"), autocommit=True) as db:
            if package and package not in templates:
                template = f"template_{package}"
                db.execute(f'create database "{template}"')
                asyncio.run(migrate(postgres_url.format(database=template), package))
                templates[package] = template
            name = f"test_{next(_numbers)}"
            db.execute(f'create database "{name}" template "{templates.get(package, "template1")}"')
        return postgres_url.format(database=name)

    return make


@pytest.fixture(scope="session")
def _ledger_template(new_database: Callable[[str | None], str]) -> None:
    new_database("authpulse_event_store")


@pytest.fixture(scope="session")
def _vault_template(new_database: Callable[[str | None], str]) -> None:
    new_database("authpulse_refresher")


@pytest.fixture
def ledger_url(_ledger_template: None, new_database: Callable[[str | None], str]) -> str:
    """A fresh database with the event-store's schema."""
    return new_database("authpulse_event_store")


@pytest.fixture
def vault_url(_vault_template: None, new_database: Callable[[str | None], str]) -> str:
    """A fresh database with the refresher's schema."""
    return new_database("authpulse_refresher")
