import json
import time
from pathlib import Path

import pytest

from support.operator import Ran, Up
from support.servers import until

CONNECTION = """
[[connection]]
kind = "apply"
name = "{name}"
grant = "client_credentials"
token_url = "http://127.0.0.1:9/token"
client_id = "{client_id}"
client_secret = {{ env = "SECRET" }}
"""


@pytest.fixture
def file(folder: Path) -> Path:
    return folder / "apply.toml"


def apply(up: Up, file: Path, text: str, *words: str) -> Ran:
    file.write_text(text)
    return up.ask("apply", str(file), *words, SECRET="s3cret")


def declare(name: str, client_id: str = "us") -> str:
    return CONNECTION.format(name=name, client_id=client_id)


def kinds(up: Up) -> list[tuple[str, str]]:
    """What was registered, changed and removed, of ours."""
    return [
        (event["connection_name"], event["event_type"])
        for event in up.events()
        if event["connection_kind"] == "apply" and event["event_type"].startswith("connection_")
    ]


def test_applying_twice_changes_nothing_the_second_time(up: Up, file: Path) -> None:
    first = apply(up, file, declare("a") + declare("b"))
    assert first.stdout.splitlines() == ["apply/a: created", "apply/b: created", "2 created"]
    second = apply(up, file, declare("a") + declare("b"))
    assert second.stdout.splitlines() == ["apply/a: unchanged", "apply/b: unchanged", "2 unchanged"]
    changed = apply(up, file, declare("a", "them") + declare("b"))
    assert changed.returncode == 0
    assert changed.stdout.splitlines()[0].startswith("apply/a: changed (client_id)")


def test_a_dry_run_says_the_same_and_does_nothing(up: Up, file: Path) -> None:
    apply(up, file, declare("a"))
    until(lambda: "apply/a" in up.health(), what="apply/a")
    before = kinds(up)
    ran = apply(up, file, declare("a", "others") + declare("new"), "--dry-run", "--prune", "--json")
    assert ran.returncode == 0
    said = json.loads(ran.stdout)
    assert said["dry_run"] is True
    actions = {each["name"]: each["action"] for each in said["changes"] if each["kind"] == "apply"}
    assert actions["a"] == "changed"
    assert actions["new"] == "created"
    time.sleep(0.5)  # an event would need some time to get here
    assert kinds(up) == before


def test_pruning_removes_what_a_file_once_declared_and_nothing_else(up: Up, file: Path) -> None:
    apply(up, file, declare("keep") + declare("drop"))
    ran = apply(up, file, declare("keep"), "--prune")
    assert ran.returncode == 0
    assert "apply/drop: removed" in ran.stdout
    assert "demo/" not in ran.stdout
    until(lambda: "apply/drop" not in up.health(), what="the end of apply/drop")
    newest = up.events("apply/drop")[-1]
    assert newest["event_type"] == "connection_removed"
    assert newest["actor"].startswith("operator:")


def test_one_wrong_connection_keeps_all_from_being_applied(up: Up, file: Path) -> None:
    ran = apply(up, file, declare("right") + declare("wrong").replace("http://127.0.0.1", "http://idp.example"))
    assert ran.returncode == 1
    assert "connection apply/wrong: token_url:" in ran.stderr
    assert up.events("apply/right") == []


def test_a_secret_is_never_printed(up: Up, file: Path) -> None:
    for words in ((), ("--json",)):
        ran = apply(up, file, declare("secretive", str(len(words))), *words)
        assert "s3cret" not in ran.stdout + ran.stderr
