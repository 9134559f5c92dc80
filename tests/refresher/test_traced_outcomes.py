"""Each event keeps the trace of its own attempt, whoever stores it and sends it on."""

import asyncio
from datetime import UTC, datetime, timedelta

import nats
import pytest

from authpulse_chassis.streams import ensure_stream
from authpulse_chassis.tracing import carried, span
from authpulse_contract.cloudevents import trace_of
from authpulse_contract.connections import Declaration
from authpulse_contract.events import BACKGROUND
from authpulse_contract.subjects import STREAM
from authpulse_contract.trace import Trace
from authpulse_refresher.decision.traits import BUILT_IN
from authpulse_refresher.model import NoAnswer
from authpulse_refresher.refreshing.commit import Committer
from authpulse_refresher.refreshing.judge import Asked, Rules, judge
from authpulse_refresher.relay import publish_batch
from authpulse_refresher.storage.store import load
from authpulse_refresher.storage.vault import Vault
from support.idp import Idp
from support.spans import ended_spans
from support.vault import declared, leased, registered, rows

RULES = Rules(traits=BUILT_IN, hold=timedelta(0), keep_for=timedelta(0))
AWAY = NoAnswer(cause="connect", sent=False)


async def attempt(committer: Committer, asked: Asked) -> tuple[str, Trace | None]:
    """An attempt within a span of its own; the id of its event, and its trace."""
    with span("refresh"):
        outcome = judge(asked, AWAY, 1, RULES, now=datetime.now(UTC))
        assert await committer.settle(outcome)
        return str(outcome.event_id), carried()


@pytest.mark.parametrize("moved_on", [False, True], ids=["stored together", "stored one by one"])
async def test_each_event_keeps_the_trace_of_its_own_attempt(vault: Vault, idp: Idp, *, moved_on: bool) -> None:
    for number in range(4):
        await registered(vault, declared(idp.client(f"c{number}", secret="s"), name=f"c{number}"))
    leases = await leased(vault)
    async with vault.pool.connection() as db:
        found = await load(db, vault.ring, [lease.connection_id for lease in leases])
    if moved_on:  # what was stored meanwhile: the group's compare-and-set fails, and each is looked at again
        await rows(vault, "update vault.connections set version = version + 1")
    committer = Committer(vault)
    with ended_spans():
        told = await asyncio.gather(
            *(
                attempt(
                    committer, Asked(lease=lease, connection=found[lease.connection_id].connection, actor=BACKGROUND)
                )
                for lease in leases
            )
        )
    kept = await rows(
        vault,
        "select body::json ->> 'event_id' as event_id, traceparent, tracestate from vault.outbox"
        " where traceparent is not null",
    )
    assert {row["event_id"]: Trace(row["traceparent"], row["tracestate"]) for row in kept} == dict(told)
    assert len({trace.traceparent for _, trace in told if trace}) == 4


async def test_an_event_whose_trace_this_relay_does_not_follow_keeps_it_on_the_stream(
    vault: Vault, nats_url: str
) -> None:
    """As after an upgrade of one refresher of two, or with a collector at one of them only."""
    trace = Trace("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "vendor=1")
    await registered(vault, Declaration(kind="api", name="crm"))
    await rows(
        vault,
        "update vault.outbox set traceparent = %(parent)s, tracestate = %(state)s",
        parent=trace.traceparent,
        state=trace.tracestate,
    )
    bus = await nats.connect(nats_url)
    js = bus.jetstream()
    await ensure_stream(js)
    (turn,) = await rows(vault, "select holder from vault.relay")
    assert await publish_batch(vault, js, turn["holder"]) == 1
    message = await js.get_last_msg(STREAM, ">")
    await bus.close()
    assert trace_of(message.headers or {}) == trace
