"""Endless, slow, compressed and malformed answers: bounded memory and time, and one clear event for each."""

import asyncio
import gzip
import json
import time
import tracemalloc
from collections.abc import AsyncIterator, Iterator

import pytest

from authpulse_chassis.fitness import Pulse
from authpulse_contract.events import RefreshFailedTransient
from authpulse_refresher.provider.idp import BODY_LIMIT
from authpulse_refresher.provider.wire import Wires
from authpulse_refresher.refreshing.attempt import Attempts
from authpulse_refresher.refreshing.refresh import Refresher
from authpulse_refresher.storage.vault import Vault
from support.idp import Answer, Hang, Idp, Manner, Raw, Reset, Slow
from support.vault import declared, outbox, registered, stored

DEADLINE = 2.0
BOMB = gzip.compress(bytes(300 * BODY_LIMIT))
JSON = {"Content-Type": "application/json"}

# Manner, then what the one event must say: status and cause, and whether the IdP may have obeyed.
HOSTILE: dict[str, tuple[Manner, int | None, str | None, bool]] = {
    "endless": (Slow(chunk=b"x" * 65_536), 200, None, True),
    "endless blanks": (Slow(chunk=b" " * 65_536), 200, None, True),
    "dripping": (Slow(chunk=b" ", pause=0.05), None, "deadline", True),
    "silent": (Hang(obey=True), None, "deadline", True),
    "bomb": (Answer(status=200, body=BOMB, headers=JSON | {"Content-Encoding": "gzip"}), 200, None, True),
    "bomb in a bomb": (
        Answer(status=200, body=gzip.compress(BOMB), headers=JSON | {"Content-Encoding": "gzip"}),
        200,
        None,
        True,
    ),
    "bomb of an error": (Answer(status=500, body=BOMB, headers={"Content-Encoding": "gzip"}), 500, None, True),
    "cut compression": (
        Answer(status=200, body=gzip.compress(b'{"access_token":"x"}')[:-12], headers={"Content-Encoding": "gzip"}),
        200,
        None,
        True,
    ),
    "too long": (Answer(status=200, body=b'{"access_token":"' + b"x" * 2 * BODY_LIMIT), 200, None, True),
    "cut JSON": (Answer(status=200, body=b'{"access_token":"at', headers=JSON), 200, None, True),
    "deep JSON": (Answer(status=200, body=b"[" * 500_000, headers=JSON), 200, None, True),
    "huge number": (
        Answer(status=200, body=b'{"expires_in":' + b"9" * 500_000 + b"}", headers=JSON),
        200,
        None,
        True,
    ),
    "many members": (
        Answer(status=200, body=json.dumps({str(number): number for number in range(60_000)}).encode(), headers=JSON),
        200,
        None,
        True,
    ),
    "no text": (Answer(status=200, body=bytes(range(256)) * 64, headers=JSON), 200, None, True),
    "empty": (Answer(status=200), 200, None, True),
    "garbage": (Raw(data=b"\x16\x03\x01 nonsense\r\n\r\n"), None, "garbled", True),
    "flood of headers": (Raw(data=b"HTTP/1.1 200 OK\r\nX: " + b"x" * 300_000 + b"\r\n\r\n"), None, "garbled", True),
    "torn": (Raw(data=b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"), None, "reset", True),
    "reset after issuing": (Reset(obey=True), None, "reset", True),
    "redirect": (Answer(status=307, headers={"Location": "http://127.0.0.1:1/"}), 307, None, False),
    "throttled": (Answer(status=429, headers={"Retry-After": "120"}), 429, None, False),
    "out": (Answer.error(503), 503, None, True),
}


@pytest.fixture
async def refresher(vault: Vault) -> AsyncIterator[Refresher]:
    wires = Wires()
    attempts = Attempts(vault=vault, wires=wires, deadline=DEADLINE)
    yield Refresher(attempts, in_flight=64, per_host=64, poll_interval=1.0, pulse=Pulse())
    await wires.close()


@pytest.fixture
def traced() -> Iterator[None]:
    tracemalloc.start()
    yield
    tracemalloc.stop()


@pytest.mark.usefixtures("traced")
async def test_all_at_once_cost_bounded_time_and_memory_and_one_event_each(
    vault: Vault, refresher: Refresher, idp: Idp
) -> None:
    clients = {name: idp.client(name, secret="s3cret") for name in HOSTILE}
    ids = {name: (await registered(vault, declared(clients[name], name=name))).connection_id for name in HOSTILE}
    for name, (manner, *_) in HOSTILE.items():
        clients[name].always(manner)
    before, _ = tracemalloc.get_traced_memory()
    tracemalloc.reset_peak()
    began = time.monotonic()
    decisions = await asyncio.gather(*(refresher.refresh_now(ids[name], "test") for name in HOSTILE))
    took = time.monotonic() - began
    _, peak = tracemalloc.get_traced_memory()

    assert took < DEADLINE + 6, "the deadline, and what a loaded machine needs to reckon"
    # The IdP lives in this process too: what it has on its way out, twice, and what we may keep of it.
    assert (peak - before) / len(HOSTILE) < 6 * BODY_LIMIT, f"{(peak - before) / BODY_LIMIT:.0f} MiB"

    said = {}
    for name, decision in zip(HOSTILE, decisions, strict=True):
        assert decision, name
        assert isinstance(decision.event, RefreshFailedTransient), name
        detail = decision.event.detail
        said[name] = (detail.http_status, detail.cause, detail.outcome == "unknown")
        assert len(clients[name].posts) == 1, name
        assert (await stored(vault, name)).tokens, name
    wanted = {name: tuple(words) for name, (_, *words) in HOSTILE.items()}
    assert said == wanted
    failures = [event for event in await outbox(vault) if isinstance(event, RefreshFailedTransient)]
    assert sorted(event.connection_name for event in failures) == sorted(HOSTILE)
