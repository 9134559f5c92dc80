"""The stream is made once and is as the services need it, whoever comes first."""

import asyncio

import nats
from nats.js import JetStreamContext
from nats.js.api import DiscardPolicy, StorageType, StreamConfig

from authpulse_chassis.streams import DUPLICATE_WINDOW, MAX_AGE, ensure_stream
from authpulse_contract.subjects import EVENTS, STREAM


async def _config(js: JetStreamContext) -> StreamConfig:
    return (await js.stream_info(STREAM)).config


async def test_many_processes_at_once_make_one_stream_on_disk_that_refuses_rather_than_discards(nats_url: str) -> None:
    connections = [await nats.connect(nats_url) for _ in range(8)]
    await asyncio.gather(*(ensure_stream(connection.jetstream()) for connection in connections))
    config = await _config(connections[0].jetstream())
    for connection in connections:
        await connection.close()
    assert (config.subjects, config.storage, config.discard) == ([EVENTS], StorageType.FILE, DiscardPolicy.NEW)
    assert (config.duplicate_window, config.max_age, config.allow_direct) == (DUPLICATE_WINDOW, MAX_AGE, True)


async def test_an_older_stream_is_brought_up_to_date_and_keeps_what_the_operator_set(nats_url: str) -> None:
    async with await nats.connect(nats_url) as connection:
        js = connection.jetstream()
        await js.add_stream(StreamConfig(name=STREAM, subjects=["auth.events.api.>"], max_bytes=1 << 30, max_age=3600))
        await ensure_stream(js)
        config = await _config(js)
    assert (config.subjects, config.max_bytes, config.max_age) == ([EVENTS], 1 << 30, 3600)
    assert (config.duplicate_window, config.discard) == (DUPLICATE_WINDOW, DiscardPolicy.NEW)


async def test_an_age_that_is_asked_for_is_set(nats_url: str) -> None:
    async with await nats.connect(nats_url) as connection:
        js = connection.jetstream()
        await ensure_stream(js)
        await ensure_stream(js, max_age=0)
        assert not (await _config(js)).max_age
