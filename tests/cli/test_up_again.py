import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.operator import Up
from support.servers import until

CHILDREN = {"nats", "postgres", "event-store", "refresher", "health-api"}


@pytest.fixture
def own(folder: Path) -> Iterator[Up]:
    up = Up(folder / "own")
    yield up
    if up.running:
        up.stop()


def test_what_is_killed_starts_again_and_forgets_nothing(own: Up, folder: Path) -> None:
    """SIGKILL takes the children too; the next start finds everything, soon; SIGTERM then ends all in order."""
    file = folder / "own.toml"
    file.write_text('[[connection]]\nkind = "own"\nname = "one"\ngrant = "none"\n')
    own.start("--no-demo", "--connections", str(file))
    assert "own/one: created" in own.said
    assert set(own.alive()) == CHILDREN
    until(lambda: set(own.health()) == {"own/one"}, what="the connection")
    token = own.instance["admin_token"]

    own.kill()
    until(lambda: not own.alive(), seconds=20, what="the end of the children")

    began = time.monotonic()
    own.start("--connections", str(file))
    assert time.monotonic() - began < 15  # 3 s when nothing else runs; the log of a slower one says what took so long
    assert "1 unchanged" in own.said
    assert "demonstration" not in own.said
    assert set(own.health()) == {"own/one"}
    assert own.instance["admin_token"] == token

    assert own.stop() == 0
    assert own.said.endswith("stopping\nstopped\n")
    assert own.alive() == []


def test_an_interrupt_while_it_starts_ends_it_in_order(own: Up) -> None:
    own.launch()
    until(lambda: "postgres ready" in own.said, seconds=30, what="PostgreSQL")
    assert own.stop(signal.SIGINT) == 0
    assert own.said.endswith("stopping\nstopped\n")
    assert own.alive() == []
