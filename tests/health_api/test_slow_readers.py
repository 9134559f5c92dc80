"""A reader of the stream who stops reading holds nothing: it is let go, and what was made for it is closed."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from authpulse_health_api.reading import event_stream
from authpulse_health_api.reading.event_stream import EventStream


async def for_ever(told: list[str]) -> AsyncGenerator[bytes]:
    """Messages without end; `told` hears how it ended."""
    try:
        while True:
            yield b": beat\n\n"
    finally:
        told.append("closed")


async def never(*_: Any) -> Any:
    """Takes nothing and says nothing."""
    await asyncio.Event().wait()


async def test_who_takes_too_long_for_one_message_is_let_go(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(event_stream, "SLOWEST", 0.1)
    told: list[str] = []
    stream = EventStream(for_ever(told), {})
    with caplog.at_level(logging.INFO):
        async with asyncio.timeout(10):
            await stream.send_body(never, never)
    assert told == ["closed"]
    assert "stopped reading" in caplog.text


async def test_who_leaves_is_let_go_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_stream, "SLOWEST", 3600.0)
    told: list[str] = []

    async def leaves() -> Any:
        return {"type": "http.disconnect"}

    async with asyncio.timeout(10):
        await EventStream(for_ever(told), {}).send_body(never, leaves)
    assert told == ["closed"]
