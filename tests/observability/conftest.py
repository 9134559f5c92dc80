"""The whole system and an identity provider, fresh for each test."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from support.idp import Idp
from support.system import System, running_system


@pytest.fixture
def idp() -> Iterator[Idp]:
    with Idp() as server:
        yield server


@pytest.fixture
def system(tmp_path: Path, new_database: Callable[[str | None], str]) -> Iterator[System]:
    with running_system(tmp_path / "system", vault_url=new_database(None), ledger_url=new_database(None)) as running:
        yield running
