import signal
from collections.abc import Iterator
from pathlib import Path

import psutil
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
    """SIGKILL takes the children too; a start right after it finds everything, soon; SIGTERM then ends all in order."""
    file = folder / "own.toml"
    file.write_text('[[connection]]\nkind = "own"\nname = "one"\ngrant = "none"\n')
    own.start("--no-demo", "--connections", str(file))
    assert "own/one: created" in own.said
    assert set(own.alive()) == CHILDREN
    until(lambda: set(own.health()) == {"own/one"}, what="the connection")
    token = own.instance["admin_token"]

    before = set(own.instance["pids"].values())

    own.kill()
    own.start("--connections", str(file))
    assert not [pid for pid in before if psutil.pid_exists(pid)]
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
