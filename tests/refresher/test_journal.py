"""What was written outlives its writer, for one heir at a time and nobody else's eyes."""

import os
import stat
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from authpulse_contract.connections import OAuthConfig
from authpulse_contract.secret import Secret
from authpulse_refresher.model import Answer
from authpulse_refresher.spill import journal as module
from authpulse_refresher.spill.frames import Frame, Kind
from authpulse_refresher.spill.journal import Answered, Journal, Sent, open_answered, open_begun
from authpulse_refresher.spill.segment import Segment, orphans
from authpulse_refresher.storage.seal import KeyRing, SealError

RING = KeyRing({"a": b"k" * 32})
CONNECTION = UUID(int=5)
ANSWERED = Answered(
    connection_id=CONNECTION,
    generation=3,
    actor="test",
    at=datetime(2026, 7, 1, tzinfo=UTC),
    duration_ms=12,
    answer=Answer(status=200, headers={"a": "b"}, body=b'{"access_token": "at-secret"}\xff'),
)


def files(folder: Path) -> list[Path]:
    return sorted(folder.iterdir())


def left_by_the_dead(folder: Path) -> list[Frame]:
    """What an heir reads, once every writer in this process has let go."""
    found: list[Frame] = []
    for orphan in orphans(folder):
        found += orphan.frames()
        orphan.release()
    return found


def abandon(journal: Journal) -> None:
    """As if its process had died: the lock goes, the file stays."""
    for segment in {journal._current, *journal._segments.values()}:  # noqa: SLF001 -- a death has no interface
        os.close(segment._file)  # noqa: SLF001 -- nor has this


def test_an_answer_is_read_back_by_an_heir_and_stands_nowhere_as_it_is(tmp_path: Path) -> None:
    journal, attempt = Journal(tmp_path / "spill", RING), uuid4()
    journal.begun(attempt, CONNECTION)
    journal.answered(attempt, ANSWERED)
    assert left_by_the_dead(tmp_path / "spill") == [], "its writer lives"
    abandon(journal)
    begun, answered = left_by_the_dead(tmp_path / "spill")
    assert begun == Frame(Kind.BEGUN, attempt, CONNECTION.bytes)
    assert open_answered(RING, answered) == ANSWERED
    (file,) = files(tmp_path / "spill")
    assert b"at-secret" not in file.read_bytes()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_what_may_be_asked_again_is_read_back_by_an_heir_and_stands_nowhere_as_it_is(tmp_path: Path) -> None:
    journal, attempt = Journal(tmp_path / "spill", RING), uuid4()
    sent = Sent(
        connection_id=CONNECTION,
        generation=3,
        actor="test",
        at=datetime(2026, 7, 1, tzinfo=UTC),
        lease_ends=datetime(2026, 7, 2, tzinfo=UTC),
        oauth=OAuthConfig(grant="authorization_code", token_url="https://idp.example/token", client_id="crm"),
        client_secret=Secret("cs-secret"),
        refresh_token=Secret("rt-secret"),
    )
    journal.begun(attempt, CONNECTION, sent)
    (file,) = files(tmp_path / "spill")
    assert b"secret" not in file.read_bytes()
    abandon(journal)
    (begun,) = left_by_the_dead(tmp_path / "spill")
    assert open_begun(RING, begun) == (CONNECTION, sent)
    with pytest.raises(SealError):
        open_begun(RING, Frame(Kind.BEGUN, uuid4(), begun.body))


def test_an_answer_opens_with_its_key_and_for_its_attempt_only(tmp_path: Path) -> None:
    journal, attempt = Journal(tmp_path, RING), uuid4()
    journal.begun(attempt, CONNECTION)
    journal.answered(attempt, ANSWERED)
    abandon(journal)
    _, answered = left_by_the_dead(tmp_path)
    with pytest.raises(SealError, match="not in the key ring"):
        open_answered(KeyRing({"b": b"x" * 32}), answered)
    with pytest.raises(SealError, match="altered or moved"):
        open_answered(KeyRing({"a": b"x" * 32}), answered)
    with pytest.raises(SealError, match="altered or moved"):
        open_answered(RING, Frame(Kind.ANSWERED, uuid4(), answered.body))


def test_what_is_settled_leaves_nothing_behind(tmp_path: Path) -> None:
    journal, first, second = Journal(tmp_path, RING), uuid4(), uuid4()
    for attempt in (first, second):
        journal.begun(attempt, CONNECTION)
    journal.settled([first])
    (file,) = files(tmp_path)
    assert file.stat().st_size
    journal.settled([second, uuid4()])
    assert file.stat().st_size == 0
    journal.close()
    assert files(tmp_path) == []


def test_a_long_journal_goes_on_in_a_new_file_and_the_old_one_goes_when_it_is_settled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SEGMENT_LIMIT", 100)
    journal, attempts = Journal(tmp_path, RING), [uuid4() for _ in range(8)]
    for attempt in attempts:
        journal.begun(attempt, CONNECTION)
    assert len(files(tmp_path)) > 1
    journal.settled(attempts)
    journal.close()
    assert files(tmp_path) == []


def test_a_write_that_fails_leaves_what_was_there_readable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    segment, attempt = Segment(tmp_path), uuid4()
    segment.write([Frame(Kind.BEGUN, attempt)])
    write = os.write
    with monkeypatch.context() as full:
        full.setattr(os, "write", lambda file, data: write(file, data[:5]))
        with pytest.raises(OSError, match="part only"):
            segment.write([Frame(Kind.BEGUN, uuid4())])
    segment.write([Frame(Kind.SETTLED, attempt)])
    segment.sync()
    os.close(segment._file)  # noqa: SLF001 -- a death has no interface
    assert left_by_the_dead(tmp_path) == [Frame(Kind.BEGUN, attempt), Frame(Kind.SETTLED, attempt)]


def test_of_several_heirs_one_gets_it(tmp_path: Path) -> None:
    abandon(Journal(tmp_path, RING))
    (mine,) = orphans(tmp_path)
    assert list(orphans(tmp_path)) == []
    mine.release()
    (again,) = orphans(tmp_path)
    again.remove()
    again.release()
    assert files(tmp_path) == []


_WRITER = """
import sys, time, uuid
from pathlib import Path
from authpulse_refresher.spill.journal import Journal
from authpulse_refresher.storage.seal import KeyRing
journal = Journal(Path(sys.argv[1]), KeyRing({"a": b"k" * 32}))
journal.begun(uuid.UUID(int=1), uuid.UUID(int=2))
print(flush=True)
time.sleep(60)
"""


def test_a_killed_process_leaves_what_it_has_written_and_a_living_one_is_let_be(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", _WRITER, str(tmp_path)], stdout=subprocess.PIPE) as writer:
        assert writer.stdout
        writer.stdout.readline()
        assert left_by_the_dead(tmp_path) == []
        writer.kill()
    assert left_by_the_dead(tmp_path) == [Frame(Kind.BEGUN, UUID(int=1), UUID(int=2).bytes)]
