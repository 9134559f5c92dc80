"""Rows as they are sent, and the bulk answer that is made of them. Pure."""

from collections.abc import Iterable
from functools import cached_property
from hashlib import blake2b
from typing import Final

from msgspec import Struct

from authpulse_contract.codec import to_json
from authpulse_contract.health import HealthRow
from authpulse_health_api.health.coding import Coding, pack

MODULUS: Final = 1 << 128
"""Digests are added up modulo this."""


class Row(Struct, frozen=True, kw_only=True, gc=False):
    """A row as it is sent, and what it can be selected by. `digest` is of `encoded`, below `MODULUS`.

    `gc=False`: rows refer to nothing that could refer back, and the collector need not walk 100,000 of them.
    """

    kind: str
    name: str
    needs_reauth: bool
    refresh_failing: bool
    encoded: bytes
    digest: int


class Page(Struct, frozen=True, kw_only=True, dict=True):
    """A bulk answer. `digest` is the sum of its rows'; `following` the cursor of the next page, None on the last.

    `dict=True` so that the body is built when it is first sent and then kept.
    """

    rows: list[Row]
    digest: int
    following: str | None = None

    def etag(self, coding: Coding = "identity") -> str:
        """A strong entity tag (RFC 9110 8.8.3): equal just when the bodies are equal, in every process."""
        return f'"{self.digest:032x}{"-more" if self.following else ""}{"" if coding == "identity" else f"-{coding}"}"'

    @cached_property
    def packed(self) -> dict[Coding, bytes]:
        """The body in those codings that it was asked for in."""
        return {}

    def pack(self, coding: Coding) -> bytes:
        """The body in `coding`, made anew."""
        return pack(self.body, coding)

    @cached_property
    def body(self) -> bytes:
        """`{"connections":[...]}`, with `next_cursor` where another page follows."""
        tail = f'],"next_cursor":"{self.following}"}}' if self.following else "]}"
        return b'{"connections":[' + b",".join(row.encoded for row in self.rows) + tail.encode()


def encode(row: HealthRow) -> Row:
    """`row` as it is sent."""
    encoded = to_json(row)
    return Row(
        kind=row.kind,
        name=row.name,
        needs_reauth=row.needs_reauth,
        refresh_failing=row.refresh_failing,
        encoded=encoded,
        digest=int.from_bytes(blake2b(encoded, digest_size=16).digest()),
    )


def total(rows: Iterable[Row]) -> int:
    """The digest of a page of these rows. A sum, so that one changed row changes it without a look at the others."""
    return sum(row.digest for row in rows) % MODULUS
