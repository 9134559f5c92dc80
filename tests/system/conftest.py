"""The whole system and an identity provider, fresh for each test."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from support.collector import Collector, running_collector
from support.idp import Idp
from support.system import System, running_system


@pytest.fixture
def idp() -> Iterator[Idp]:
    with Idp() as server:
        yield server


@pytest.fixture
def system(tmp_path: Path, new_database: Callable[[str | None], str]) -> Iterator[System]:
    """Empty databases: the services migrate them, as on a new installation."""
    with running_system(tmp_path / "system", vault_url=new_database(None), ledger_url=new_database(None)) as running:
        yield running


@pytest.fixture
def collector() -> Iterator[Collector]:
    with running_collector() as running:
        yield running


@pytest.fixture
def traced_system(tmp_path: Path, new_database: Callable[[str | None], str], collector: Collector) -> Iterator[System]:
    """As `system`, but its spans go to `collector`."""
    databases = {"vault_url": new_database(None), "ledger_url": new_database(None)}
    with running_system(tmp_path / "system", **databases, common=collector.environ()) as running:
        yield running
