"""The log is one JSON object a line, and a secret in it shows as asterisks."""

import asyncio
import contextlib
import gc
import json
import logging
import subprocess
import sys
import threading
from collections.abc import Callable, Coroutine, Iterator
from typing import Any, Literal

import aiohttp
import httpx
import msgspec
import nats
import psycopg
import pytest

from authpulse_chassis.logs import configure_logs
from authpulse_chassis.tracing import span
from authpulse_contract.secret import Secret
from support.spans import ended_spans


@pytest.fixture
def _root_logger_as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    hooks = sys.excepthook, threading.excepthook
    yield
    root.handlers[:], root.level = handlers, level
    sys.excepthook, threading.excepthook = hooks
    logging.captureWarnings(capture=False)


@pytest.mark.usefixtures("_root_logger_as_it_was")
def test_a_line_is_json_with_the_service_and_the_extras_and_without_the_secret(
    capsys: pytest.CaptureFixture[str],
) -> None:
    configure_logs("refresher", "WARNING")
    log = logging.getLogger("authpulse.sample")
    log.info("not worth a line")
    log.warning("refused by %s", "idp.example", extra={"token": Secret("s3cr3t")})

    lines = capsys.readouterr().err.splitlines()
    record = json.loads(lines[0])
    assert len(lines) == 1
    assert record.pop("time")
    assert record == {
        "level": "WARNING",
        "logger": "authpulse.sample",
        "message": "refused by idp.example",
        "service": "refresher",
        "token": "***",
    }


PLANTED = "pLaNtEd"


async def bad_dsn() -> None:
    await psycopg.AsyncConnection.connect(f"host=127.0.0.1 port=1 password={PLANTED} connect_timeout='{PLANTED}")


async def unreachable_database() -> None:
    await psycopg.AsyncConnection.connect(f"postgresql://u:{PLANTED}@127.0.0.1:1/x")


async def address_for_httpx() -> None:
    httpx.Request("POST", f"http://idp.example:{PLANTED}/token")


async def address_for_aiohttp() -> None:
    async with aiohttp.ClientSession() as session:
        await session.post(f"http://{PLANTED}:{PLANTED}@/token")


async def unreachable_nats() -> None:
    async def note(failure: Exception) -> None:
        logging.getLogger("nats").warning("NATS: %r", failure)

    await nats.connect(
        f"nats://u:{PLANTED}@127.0.0.1:1", error_cb=note, max_reconnect_attempts=1, reconnect_time_wait=0
    )


async def body_that_does_not_fit() -> None:
    msgspec.json.decode(f'"{PLANTED}"'.encode(), type=Literal["a"])


async def value_in_a_library() -> None:
    int(PLANTED)


FAULTS = [
    bad_dsn,
    unreachable_database,
    address_for_httpx,
    address_for_aiohttp,
    unreachable_nats,
    body_that_does_not_fit,
    value_in_a_library,
]


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.usefixtures("_root_logger_as_it_was")
def test_what_a_library_raises_is_logged_without_what_it_says(
    fault: Callable[[], Coroutine[Any, Any, None]], capsys: pytest.CaptureFixture[str]
) -> None:
    """In the log by our own hand, and by asyncio's where nobody looks at a task's end."""
    configure_logs("refresher", "DEBUG")

    async def fail() -> None:
        with contextlib.suppress(RuntimeError):
            try:
                await fault()
            except Exception as failure:
                logging.getLogger("authpulse.sample").exception("it failed")
                unseen = asyncio.get_running_loop().create_future()
                unseen.set_exception(failure)
                del unseen
                raise RuntimeError from None

    asyncio.run(fail())
    gc.collect()
    said = capsys.readouterr().err
    lines = [json.loads(line) for line in said.splitlines()]
    assert [line["message"] for line in lines if line["logger"] == "authpulse.sample"] == ["it failed"]
    assert [line for line in lines if line["logger"] == "asyncio" and "never retrieved" in line["message"]]
    assert PLANTED not in said


def test_what_nobody_catches_ends_the_process_with_a_line_of_the_log() -> None:
    program = (
        "import threading\n"
        "from authpulse_chassis.logs import configure_logs\n"
        "configure_logs('refresher')\n"
        f"thread = threading.Thread(target=lambda: int('{PLANTED}'))\n"
        "thread.start(); thread.join()\n"
        "import warnings; warnings.warn('old')\n"
        f"int('{PLANTED}')\n"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    lines = [json.loads(line) for line in ended.stderr.splitlines()]
    failed = "failed for want of a handler: ValueError"
    assert [(line["level"], line["message"].split("\n")[0]) for line in lines] == [
        ("CRITICAL", failed),
        ("WARNING", "<string>:6: UserWarning: old"),
        ("CRITICAL", failed),
    ]
    assert PLANTED not in ended.stderr.replace(f"int('{PLANTED}')", "")


@pytest.mark.usefixtures("_root_logger_as_it_was")
def test_a_line_within_a_span_names_it(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("refresher")
    with ended_spans(), span("work") as running:
        logging.getLogger("authpulse.sample").info("inside")
        here = running.get_span_context()
    logging.getLogger("authpulse.sample").info("outside")
    inside, outside = (json.loads(line) for line in capsys.readouterr().err.splitlines())
    assert (inside["trace_id"], inside["span_id"]) == (f"{here.trace_id:032x}", f"{here.span_id:016x}")
    assert "trace_id" not in outside
