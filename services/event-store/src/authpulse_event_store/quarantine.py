"""Keeps aside, with the reason, what cannot be read or contradicts the ledger: never dropped, never a loop."""

import json
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from psycopg import AsyncConnection

_SET_ASIDE: Final = """
    insert into ledger.quarantine (stream_sequence, subject, reason, headers, body)
    values (%s, %s, %s, %s::jsonb, %s)
    on conflict do nothing"""


class Delivery(NamedTuple):
    """A message as the stream delivered it."""

    stream_sequence: int
    subject: str
    headers: Mapping[str, str]
    body: bytes


async def set_aside(db: AsyncConnection, unfit: Sequence[tuple[Delivery, str]]) -> None:
    """Store each message with its reason, once however often it is delivered, in the caller's transaction."""
    async with db.cursor() as cursor:
        await cursor.executemany(_SET_ASIDE, [_values(delivery, reason) for delivery, reason in unfit])


def _values(delivery: Delivery, reason: str) -> tuple[object, ...]:
    headers = {_storable(name): _storable(value) for name, value in delivery.headers.items()}
    return (
        delivery.stream_sequence,
        _storable(delivery.subject),
        _storable(reason),
        json.dumps(headers, ensure_ascii=False),
        delivery.body,
    )


def _storable(text: str) -> str:
    """PostgreSQL takes neither U+0000 nor half of a surrogate pair, and what is set aside may hold anything."""
    return text.encode(errors="backslashreplace").decode().replace("\0", "\\x00")
