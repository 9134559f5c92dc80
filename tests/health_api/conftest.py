"""A health-api process that the tests share; each writes about connections of its own, told apart by their kind."""

from collections.abc import Callable, Iterator
from itertools import count

import pytest

from support.ledger import Api, running_api
from support.servers import NatsServer

_numbers = count()


@pytest.fixture(scope="session")
def api(
    tmp_path_factory: pytest.TempPathFactory, new_database: Callable[[str | None], str], nats_process: NatsServer
) -> Iterator[Api]:
    ledger_url = new_database("authpulse_event_store")
    # All tests are one address, and many of them present what is not good.
    patient = {"AUTHPULSE_FAILED_SIGN_INS": "1000000"}
    with running_api(tmp_path_factory.mktemp("health-api"), ledger_url, nats_process.url, **patient) as running:
        yield running


@pytest.fixture
def kind() -> str:
    """A kind that no other test uses."""
    return f"kind-{next(_numbers)}"
