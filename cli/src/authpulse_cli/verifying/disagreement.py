"""One thing that does not agree."""

from typing import Literal

from msgspec import Struct

Where = Literal["ledger", "health", "vault", "api"]


class Disagreement(Struct, frozen=True, kw_only=True, order=True):
    """`where`: whose word does not fit the others'; `what` says so in words. Kind and name empty: the whole."""

    kind: str
    name: str
    where: Where
    what: str
