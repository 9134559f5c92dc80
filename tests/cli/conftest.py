"""One `authpulse up --demo` for all tests here: a start costs seconds, and the demonstration takes its time anyway."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.operator import Up, running_up


@pytest.fixture(scope="session")
def folder() -> Iterator[Path]:
    """A folder that PostgreSQL's account can get into, unlike pytest's own."""
    with tempfile.TemporaryDirectory(prefix="authpulse-cli-") as made:
        yield Path(made)


@pytest.fixture(scope="session")
def up(folder: Path) -> Iterator[Up]:
    with running_up(folder / "shared", "--demo") as running:
        yield running
