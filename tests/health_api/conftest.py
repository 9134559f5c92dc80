"""A health-api process over an empty ledger of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.ledger import Api, running_api


@pytest.fixture
def api(tmp_path: Path, ledger_url: str, nats_url: str) -> Iterator[Api]:
    with running_api(tmp_path, ledger_url, nats_url) as running:
        yield running
