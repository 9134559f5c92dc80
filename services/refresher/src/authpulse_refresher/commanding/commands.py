"""Answers commands over NATS request/reply: decodes, calls, replies; a failure is a reply too, never a silence."""

import logging
import traceback
from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from typing import Final, TypeVar

import msgspec
from faststream.nats import NatsBroker, NatsMessage

from authpulse_contract import commands as contract
from authpulse_contract import connecting
from authpulse_contract.codec import from_json, to_json
from authpulse_contract.commands import Refused, Reply
from authpulse_contract.connecting import ConnectReply
from authpulse_contract.subjects import TOKENS_GET, command_subject
from authpulse_contract.tokens import GetToken, TokenReply
from authpulse_refresher.commanding import registry
from authpulse_refresher.commanding.disconnect import Disconnect
from authpulse_refresher.commanding.refresh_now import refresh_now
from authpulse_refresher.commanding.reseal import reseal
from authpulse_refresher.commanding.status import status_of
from authpulse_refresher.connecting.begin import Begin
from authpulse_refresher.connecting.complete import Complete
from authpulse_refresher.connecting.finish import Finish
from authpulse_refresher.connecting.links import find_link, make_link
from authpulse_refresher.metrics import replied
from authpulse_refresher.outages import DATABASE_AWAY
from authpulse_refresher.provider.wire import Wires
from authpulse_refresher.refreshing.refresh import Refresher
from authpulse_refresher.refreshing.tokens import TokenDesk
from authpulse_refresher.relay import progress
from authpulse_refresher.traces import answering

C = TypeVar("C")

QUEUE: Final = "refresher"
"""The queue group: each command reaches one refresher."""
# At once, of each verb. A refresh waits for an IdP and must not make the others wait with it.
_WORKERS: Final = 64
# Callers wait while an IdP is slow; those of one connection must not keep those of another from being heard.
_CALLERS: Final = 4096
# Asked every second by each health-api, and no trace worth keeping.
_HEARTBEAT: Final = command_subject(contract.PROGRESS)

_log = logging.getLogger(__name__)


def answer_commands(broker: NatsBroker, finish: Finish, wires: Wires, refresher: Refresher, desk: TokenDesk) -> None:
    """Subscribe; the broker has yet to be started."""
    vault = finish.vault
    begin, complete = Begin(vault=vault, wires=wires), Complete(finish, wires, deadline=refresher.deadline)
    disconnect = Disconnect(vault=vault, wires=wires, deadline=refresher.deadline)

    def on(verb: str, kind: type[C], handle: Callable[[C], Awaitable[Reply | ConnectReply]]) -> None:
        _subscribe(broker, command_subject(verb), kind, handle, workers=_WORKERS)

    on(contract.REGISTER, contract.Register, lambda command: registry.register(vault, wires, command))
    on(contract.REMOVE, contract.Remove, lambda command: registry.remove(vault, command))
    on(contract.LIST, contract.ListConnections, lambda command: registry.list_connections(vault, command))
    on(contract.FORGET, contract.ForgetToken, disconnect.forget)
    on(contract.REFRESH, contract.RefreshNow, lambda command: refresh_now(vault, refresher, command))
    on(connecting.START, connecting.StartSignIn, begin.start)
    on(connecting.START_BY_LINK, connecting.StartByLink, begin.start_by_link)
    on(connecting.COMPLETE, connecting.CompleteSignIn, complete.complete)
    on(connecting.MAKE_LINK, connecting.MakeLink, lambda command: make_link(vault, command))
    on(connecting.FIND_LINK, connecting.FindLink, lambda command: find_link(vault, command))
    on(connecting.STATUS, connecting.StatusOf, lambda command: status_of(vault, command))
    on(contract.RESEAL, contract.Reseal, lambda command: reseal(vault, command))
    on(contract.PROGRESS, contract.AskProgress, lambda _: progress(vault))
    _subscribe(broker, TOKENS_GET, GetToken, desk.get, workers=_CALLERS)


def _subscribe(
    broker: NatsBroker,
    subject: str,
    kind: type[C],
    handle: Callable[[C], Awaitable[Reply | ConnectReply | TokenReply]],
    *,
    workers: int,
) -> None:
    async def answer(message: NatsMessage) -> bytes:
        with nullcontext() if subject == _HEARTBEAT else answering(subject, message.headers):
            reply = await _reply(subject, message.body, kind, handle)
        replied(subject, reply)
        return to_json(reply)

    broker.subscriber(subject, queue=QUEUE, max_workers=workers, decoder=_as_sent)(answer)


async def _as_sent(message: NatsMessage) -> NatsMessage:
    """FastStream's own decoder would parse JSON before we say into what."""
    return message


async def _reply(
    subject: str, body: bytes, kind: type[C], handle: Callable[[C], Awaitable[Reply | ConnectReply | TokenReply]]
) -> Reply | ConnectReply | TokenReply:
    try:
        return await handle(from_json(body, kind))
    except (msgspec.DecodeError, UnicodeDecodeError) as failure:
        return Refused(slug="invalid", detail=str(failure))
    except DATABASE_AWAY as outage:
        _log.warning("cannot answer %s: %s", subject, type(outage).__name__)
        return Refused(slug="unavailable", detail="The vault cannot be reached at the moment. Try again.")
    except Exception as bug:
        # Without its text, which may hold anything.
        _log.error(
            "%s failed: %s", subject, type(bug).__name__, extra={"trace": traceback.format_tb(bug.__traceback__)}
        )
        return Refused(slug="unavailable", detail="The refresher failed; its log says how.")
