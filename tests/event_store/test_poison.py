"""What is no event, or contradicts the ledger, is kept aside with the reason and keeps nothing else up."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from uuid import UUID

import pytest
from nats.js import JetStreamContext
from psycopg import AsyncConnection

from authpulse_contract.cloudevents import headers
from authpulse_contract.codec import to_json
from authpulse_contract.events import RefreshDetail, RefreshFailedRevoked
from authpulse_contract.subjects import STREAM
from support.events import event, publish
from support.progress import settled, versions
from support.waiting import eventually

Running = Callable[[], AbstractAsyncContextManager[None]]
GOOD = event()
POISON = {
    "no headers": ({}, b"{}", "without header"),
    "not JSON": (headers(GOOD), b"\xff\x00{", "the body is not an event"),
    "empty": (headers(GOOD), b"", "the body is not an event"),
    "nested without end": (headers(GOOD), b'{"a":' + b"[" * 100_000, "the body is not an event"),
    "U+0000, which PostgreSQL cannot hold": (
        headers(GOOD),
        to_json(GOOD).replace(b'"idp.example"', b'"\\u0000"'),
        "the ledger cannot hold it",
    ),
    "a number beyond numeric": (headers(GOOD), to_json(GOOD)[:-1] + b',"n":1e999999}', "the ledger cannot hold it"),
}


async def quarantined(ledger: AsyncConnection) -> list[tuple[object, ...]]:
    query = "select stream_sequence, subject, split_part(reason, ':', 1), body from ledger.quarantine order by 1"
    return await (await ledger.execute(query)).fetchall()


@pytest.mark.parametrize("name", POISON)
async def test_a_poison_message_amid_good_ones_is_kept_aside_and_settled(
    running: Running, js: JetStreamContext, ledger: AsyncConnection, name: str
) -> None:
    poison_headers, body, reason = POISON[name]
    await publish(js, [event(version=version) for version in range(10, 15)])
    await js.publish("auth.events.api.crm.odd", body, headers=poison_headers)
    await publish(js, [event(version=version) for version in range(15, 20)])
    async with running():
        await eventually(lambda: versions(ledger), list(range(10, 20)))
        await eventually(lambda: settled(js), True)
        assert (await js.consumer_info(STREAM, "event-store")).num_redelivered == 0
    ((sequence, subject, why, kept),) = await quarantined(ledger)
    assert (sequence, subject, kept) == (6, "auth.events.api.crm.odd", body)
    assert str(why).startswith(reason)


async def test_contradictions_are_kept_aside_and_the_first_fact_stands(
    running: Running, js: JetStreamContext, ledger: AsyncConnection
) -> None:
    same_version = event(RefreshFailedRevoked, detail=RefreshDetail(idp_error_code="invalid_grant"))
    same_id = event(event_id=GOOD.event_id, connection_name="erp")
    await publish(js, [GOOD, same_version])
    subject = "auth.events.api.erp.refresh_succeeded"
    # Without Nats-Msg-Id, else the stream would drop it before anybody could see that it contradicts.
    bare = {name: value for name, value in headers(same_id).items() if name != "Nats-Msg-Id"}
    await js.publish(subject, to_json(same_id), headers=bare)
    async with running():
        await eventually(lambda: settled(js), True)
    assert await quarantined(ledger) == [
        (
            2,
            "auth.events.api.crm.refresh_failed_revoked",
            "the version of the connection belongs to another event",
            to_json(same_version),
        ),
        (3, subject, "the event id stands for another content", to_json(same_id)),
    ]
    found = await (await ledger.execute("select event_id, idp_error_code from ledger.connection_health")).fetchall()
    assert found == [(GOOD.event_id, None)]


async def test_a_poison_message_that_is_delivered_again_is_kept_once(
    running: Running, js: JetStreamContext, ledger: AsyncConnection
) -> None:
    await js.publish("auth.events.odd", b"?")
    for _ in range(2):
        async with running():
            await eventually(lambda: settled(js), True)
        await js.delete_consumer(STREAM, "event-store")
    assert len(await quarantined(ledger)) == 1


async def test_the_headers_of_a_poison_message_are_kept_too(
    running: Running, js: JetStreamContext, ledger: AsyncConnection
) -> None:
    await js.publish("auth.events.odd", b"?", headers={"ce-id": str(UUID(int=3)), "x": "y"})
    async with running():
        await eventually(lambda: settled(js), True)
    found = await (await ledger.execute("select headers from ledger.quarantine")).fetchall()
    assert found == [({"ce-id": str(UUID(int=3)), "x": "y"},)]
