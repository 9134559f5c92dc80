"""Whoever runs a process is told whether it lives and is ready, and nothing that is asked can trouble it."""

import asyncio
from collections.abc import Callable

import httpx
import pytest
from psycopg_pool import AsyncConnectionPool

from authpulse_chassis.fitness import STALLED_AFTER, Pulse, database_answers, fitness_pages
from authpulse_chassis.probes import Answer, answering
from authpulse_chassis.settings import SettingsError
from support.servers import free_port


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


async def there() -> bool:
    return True


async def away() -> bool:
    raise OSError


async def hangs() -> bool:
    await asyncio.Event().wait()
    return True


async def page() -> Answer:
    return Answer(200, b"said", "text/plain")


async def breaks() -> Answer:
    raise RuntimeError


@pytest.fixture
def address() -> str:
    return f"127.0.0.1:{free_port()}"


async def said(address: str, words: bytes) -> bytes:
    """What comes back until the end."""
    host, _, port = address.rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(words)
    answer = await reader.read()
    writer.close()
    return answer


async def test_a_page_is_answered_whole(address: str) -> None:
    async with answering(address, {"/page": page}), httpx.AsyncClient(base_url=f"http://{address}") as client:
        got = await client.get("/page?why=not")
        assert (got.status_code, got.text, got.headers["content-type"]) == (200, "said", "text/plain")
        head = await client.head("/page")
        assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", "4")


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (b"GET /other HTTP/1.1\r\n\r\n", 404),
        (b"POST /page HTTP/1.1\r\nContent-Length: 0\r\n\r\n", 405),
        (b"GET /breaks HTTP/1.1\r\n\r\n", 500),
        (b"\xff\xfe\r\n\r\n", 400),
    ],
)
async def test_anything_else_is_refused_and_the_next_is_answered(address: str, words: bytes, status: int) -> None:
    async with answering(address, {"/page": page, "/breaks": breaks}):
        assert (await said(address, words)).startswith(b"HTTP/1.1 %d " % status)
        assert (await said(address, b"GET /page HTTP/1.1\r\n\r\n")).endswith(b"\r\n\r\nsaid")


async def test_a_head_without_end_is_cut_off(address: str) -> None:
    async with answering(address, {"/page": page}):
        assert await said(address, b"GET /page HTTP/1.1\r\nX: " + b"x" * 100_000) == b""


async def test_an_address_in_use_is_a_setting_that_cannot_be_used(address: str) -> None:
    async with answering(address, {}):
        with pytest.raises(SettingsError, match="AUTHPULSE_PROBE"):
            async with answering(address, {}):
                pass


async def test_without_an_address_nobody_listens() -> None:
    async with answering(None, {}):
        pass


async def test_what_is_missing_is_named() -> None:
    pages = fitness_pages({"database": away, "nats": there, "idea": hangs})
    assert await pages["/readyz"]() == Answer(503, b'{"status":"unavailable","missing":["database","idea"]}')
    assert await fitness_pages({"nats": there})["/readyz"]() == Answer(200, b'{"status":"ok"}')


async def test_a_database_is_there_once_its_pool_is_open_and_it_answers(
    new_database: Callable[[str | None], str],
) -> None:
    pool = AsyncConnectionPool(new_database(None), min_size=1, open=False)
    ready = fitness_pages({"database": database_answers(pool)})["/readyz"]
    assert (await ready()).status == 503
    async with pool:
        assert (await ready()).status == 200
    assert (await ready()).status == 503


async def test_a_loop_that_no_longer_goes_round_is_not_alive_and_one_that_has_yet_to_begin_is() -> None:
    clock = Clock()
    pulse = Pulse(clock)
    alive = fitness_pages({}, pulse)["/healthz"]
    clock.now = 10 * STALLED_AFTER
    assert (await alive()).status == 200
    pulse.beat()
    clock.now += STALLED_AFTER
    assert (await alive()).status == 200
    clock.now += 1
    assert await alive() == Answer(503, b'{"status":"unavailable","missing":["work"]}')
