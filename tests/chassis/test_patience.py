"""Waiting ends when it is told to, whatever the work that is waited for makes of it."""

import asyncio

import pytest

from authpulse_chassis import patience
from authpulse_chassis.patience import persist, unless_stopped


async def test_work_that_ends_first_gives_its_result() -> None:
    assert await unless_stopped(asyncio.Event(), asyncio.sleep(0, "result")) == "result"


async def test_work_that_fails_first_raises() -> None:
    async def fail() -> None:
        raise KeyError

    with pytest.raises(KeyError):
        await unless_stopped(asyncio.Event(), fail())


async def test_a_stop_ends_even_work_that_lost_its_cancellation(monkeypatch: pytest.MonkeyPatch) -> None:
    """As `asyncio.wait_for` of Python 3.11 does where a connection is refused in the same moment."""
    monkeypatch.setattr(patience, "_CANCEL_AGAIN", 0.05)
    stop, ended = asyncio.Event(), asyncio.Event()

    async def stubborn() -> None:
        try:
            stop.set()
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            try:
                await asyncio.sleep(60)
            finally:
                ended.set()

    async with asyncio.timeout(5):
        await unless_stopped(stop, stubborn())
    assert ended.is_set()


async def test_only_an_outage_is_tried_again() -> None:
    failures: list[Exception] = [ConnectionError(), TimeoutError()]

    async def attempt() -> str:
        if failures:
            raise failures.pop()
        return "there"

    assert await persist("waiting", attempt, outages=(ConnectionError, TimeoutError)) == "there"

    async def broken() -> str:
        raise KeyError

    with pytest.raises(KeyError):
        await persist("waiting", broken, outages=(ConnectionError,))
