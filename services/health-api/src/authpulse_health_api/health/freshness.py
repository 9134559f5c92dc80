"""How old is what is shown, and who keeps newer news where it is old. Pure."""

from typing import Final, Literal

from msgspec import Struct

Part = Literal["ledger", "nats", "event-store", "refresher", "vault"]

STALE: Final = 5.0
"""Age in seconds from which on rows count as old; a second or two are usual."""


class Freshness(Struct, frozen=True):
    """All that had happened `age` seconds ago is in the rows. `away`: who keeps newer news."""

    age: float
    away: tuple[Part, ...] = ()

    @property
    def headers(self) -> dict[str, str]:
        """As an answer with these rows says it."""
        told = {"age": str(int(self.age))}
        return told | {"authpulse-away": ", ".join(self.away)} if self.away else told


class Signs:
    """When each part was last seen to be up to date; all times are seconds of one rising clock.

    What happens, the refresher puts on the stream and the event-store into the ledger, which is read here. Each is
    taken to be up to date at `now`, the beginning.
    """

    def __init__(self, now: float) -> None:
        self._read_at = self._projected_at = self._relayed_at = self._answered_at = now
        self._nats_there, self._vault_there = True, True

    def read(self, at: float, *, behind: float) -> None:
        """The ledger was read at `at`; it held all that the stream had held `behind` seconds before."""
        self._read_at, self._projected_at = at, at - max(0.0, behind)

    def answered(self, at: float, *, waiting: float) -> None:
        """A refresher was asked at `at`; all that had happened `waiting` seconds before was on the stream."""
        self._answered_at, self._relayed_at = at, at - max(0.0, waiting)
        self._nats_there, self._vault_there = True, True

    def without_vault(self, at: float) -> None:
        """A refresher was asked at `at`, and could not reach its vault."""
        self._answered_at, self._nats_there, self._vault_there = at, True, False

    def unanswered(self, *, nats_there: bool) -> None:
        """No refresher answered; whether NATS, through which it was asked, does."""
        self._nats_there = nats_there

    def judge(self, now: float) -> Freshness:
        """The rows are as old as the part that is furthest behind makes them."""
        age = max(0.0, now - min(self._read_at, self._projected_at, self._relayed_at))
        return Freshness(age, self._away(now) if age >= STALE else ())

    def _away(self, now: float) -> tuple[Part, ...]:
        def is_old(at: float) -> bool:
            return now - at >= STALE

        # Of what lies behind a part that is away nothing is known, so that only this part is named.
        if is_old(self._read_at):
            return ("ledger",)
        if not self._nats_there:
            return ("nats",)
        away: list[Part] = ["event-store"] if is_old(self._projected_at) else []
        if is_old(self._answered_at):
            away.append("refresher")
        elif not self._vault_there:
            away.append("vault")
        elif is_old(self._relayed_at):
            away.append("nats")  # it is there and takes no events
        return tuple(away)
