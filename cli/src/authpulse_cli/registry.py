"""What is registered, and making it be as declared: the refresher is asked, a few commands at a time."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from typing import Final, Literal, TypeVar, assert_never, get_args

import msgspec
from msgspec import Struct
from nats.aio.client import Client

from authpulse_cli.bus import ask
from authpulse_cli.errors import CommandError
from authpulse_contract.commands import (
    LIST,
    REGISTER,
    REMOVE,
    ConnectionPage,
    Done,
    ListConnections,
    Listed,
    NeedsReauth,
    Progress,
    Refused,
    Register,
    Remove,
    Reply,
    Resealed,
    TryLater,
)
from authpulse_contract.connections import Declaration, DeclaredBy

T = TypeVar("T")

Action = Literal["created", "changed", "unchanged", "removed", "refused"]

AT_ONCE: Final = 32
PAGE: Final = 1000


class Change(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What became (or, on a dry run, would become) of one connection. `changed` names members, never values.

    `problem` says why the refresher refused; then nothing was done about this connection.
    """

    kind: str
    name: str
    action: Action
    changed: tuple[str, ...] = ()
    tokens_forgotten: bool = False
    problem: str | None = None


class Manner(Struct, frozen=True, kw_only=True):
    """On whose behalf commands are given, and whether they are meant. The members are those of the commands."""

    actor: str
    declared_by: DeclaredBy = "file"
    dry_run: bool = False


async def registered(client: Client) -> list[Listed]:
    """All connections, ordered by kind and name. Raises `CommandError`."""
    found: list[Listed] = []
    while True:
        kind, name = (found[-1].kind, found[-1].name) if found else ("", "")
        reply = await ask(client, LIST, ListConnections(after_kind=kind, after_name=name, limit=PAGE))
        if not isinstance(reply, ConnectionPage):
            raise CommandError(f"The refresher does not list its connections: {reply}. Look at its log.")
        found.extend(reply.connections)
        if len(reply.connections) < PAGE:
            return found


async def register(
    client: Client, declarations: Iterable[Declaration], manner: Manner, done: Callable[[Change], None]
) -> None:
    """Make the connections be as declared; `done` hears of each as its answer comes. Raises `CommandError`."""

    async def one(each: Declaration) -> None:
        command = Register(declaration=each, **msgspec.structs.asdict(manner))
        done(_change(each.kind, each.name, await ask(client, REGISTER, command)))

    await _a_few_at_a_time(one, declarations)


async def remove(client: Client, connections: Iterable[Listed], manner: Manner, done: Callable[[Change], None]) -> None:
    """Remove the connections and their tokens; their history stays. Raises `CommandError`."""

    async def one(each: Listed) -> None:
        command = Remove(kind=each.kind, name=each.name, **msgspec.structs.asdict(manner))
        done(_change(each.kind, each.name, await ask(client, REMOVE, command)))

    await _a_few_at_a_time(one, connections)


async def _a_few_at_a_time(work: Callable[[T], Awaitable[None]], things: Iterable[T]) -> None:
    waiting = iter(things)

    async def worker() -> None:
        for thing in waiting:
            await work(thing)

    await asyncio.gather(*(worker() for _ in range(AT_ONCE)))


def _change(kind: str, name: str, reply: Reply) -> Change:
    match reply:
        case Done(action="created" | "changed" | "unchanged" | "removed" as action):
            return Change(
                kind=kind, name=name, action=action, changed=reply.changed, tokens_forgotten=reply.tokens_forgotten
            )
        case Refused():
            member = f"{reply.member}: " if reply.member else ""
            return Change(kind=kind, name=name, action="refused", problem=f"{member}{reply.detail}")
        case Done() | NeedsReauth() | TryLater() | ConnectionPage() | Resealed() | Progress():
            # Answers to other commands: this refresher is not of our version.
            return Change(kind=kind, name=name, action="refused", problem=f"unexpected answer: {reply}")
        case _:
            assert_never(reply)


def describe(change: Change) -> str:
    """The change in a line."""
    details = ", ".join(change.changed)
    text = f"{change.kind}/{change.name}: {change.action}"
    if change.action == "changed" and details:
        text += f" ({details})"
    if change.tokens_forgotten:
        text += ", its tokens forgotten"
    return f"{text}: {change.problem}" if change.problem else text


def summary(changes: list[Change]) -> str:
    """How many were created, changed, and so on, in a line."""
    counted = Counter(change.action for change in changes)
    return (
        ", ".join(f"{counted[action]} {action}" for action in get_args(Action) if counted[action]) or "nothing declared"
    )
