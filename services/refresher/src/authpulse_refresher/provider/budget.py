"""How many refreshes may begin at one IdP's host: none while it asks for quiet, a single probe while it is down.

Times are seconds on any clock that rises.
"""

from datetime import UTC, datetime
from typing import Final, Literal

from msgspec import Struct, structs

from authpulse_refresher.model import Answer, NoAnswer
from authpulse_refresher.verdict.lifetimes import retry_after

FAILURES: Final = 5
"""Outages in a row after which a host is left alone: fewer happen to a host that lives."""
FIRST_PAUSE: Final = 1.0
LONGEST_PAUSE: Final = 60.0
"""A host that is back is noticed within this."""
FORGOTTEN: Final = 1800.0
"""A host in trouble that nobody has asked for so long, twice the longest back-off, has no connections any more."""
LONGEST_QUIET: Final = 3600.0
"""No answer may silence a host for longer: a wrong header would look like a healthy pause."""

_OUR_FAULTS: Final = frozenset({"address", "ca_file", "forbidden_address", "too_late", "unsendable"})
_QUIETING: Final = frozenset({429, 503})
_SERVER_ERROR: Final = 500


class Limits(Struct, frozen=True):
    """`at_once` refreshes, and `rate` a second with a burst of one second's."""

    at_once: int
    rate: float


class Budget(Struct, frozen=True, kw_only=True):
    """One host's account. `spent`: refreshes of late, paid back at `rate`. `pause`: the last one, 0 while it is up."""

    in_flight: int = 0
    spent: float = 0.0
    counted_at: float = 0.0
    quiet_until: float = 0.0
    outages: int = 0
    pause: float = 0.0


class Heard(Struct, frozen=True):
    """What an answer says of its host; `quiet`: for how many seconds it asks to be left alone."""

    state: Literal["up", "down"]
    quiet: float = 0.0


def hear(answer: Answer | NoAnswer, now: datetime | None = None) -> Heard | None:
    """What the answer, or its lack, says of the host; None: nothing, the fault is ours."""
    if isinstance(answer, NoAnswer):
        return None if answer.cause in _OUR_FAULTS else Heard("down")
    asked = retry_after(answer.headers, now=now or datetime.now(UTC)) if answer.status in _QUIETING else None
    quiet = min(asked or 0.0, LONGEST_QUIET)
    return Heard("down" if answer.status >= _SERVER_ERROR else "up", quiet)


def room(budget: Budget, limits: Limits, now: float) -> int:
    """How many may begin now."""
    if now < budget.quiet_until:
        return 0
    if budget.pause:
        return 1 if budget.in_flight == 0 else 0
    unspent = max(1.0, limits.rate) - _spent(budget, limits, now)
    return max(0, min(limits.at_once - budget.in_flight, int(unspent)))


def begun(budget: Budget, limits: Limits, now: float) -> Budget:
    """One more is under way."""
    return structs.replace(
        budget, in_flight=budget.in_flight + 1, spent=_spent(budget, limits, now) + 1.0, counted_at=now
    )


def ended(budget: Budget) -> Budget:
    """One less is."""
    return structs.replace(budget, in_flight=budget.in_flight - 1)


def heard(budget: Budget, said: Heard, now: float, jitter: float) -> Budget:
    """After an answer: open after `FAILURES` outages in a row, wait longer after each probe, close on a sign of life.

    `jitter` in [0, 1) spreads the probes of several refreshers.
    """
    quiet_until = max(budget.quiet_until, now + said.quiet) if said.quiet else budget.quiet_until
    if said.state == "up":
        return structs.replace(budget, outages=0, pause=0.0, quiet_until=quiet_until)
    outages, pause = budget.outages + 1, budget.pause
    # Those that were under way when it opened tell nothing new.
    if outages >= FAILURES and now >= budget.quiet_until:
        pause = min(2 * pause, LONGEST_PAUSE) if pause else FIRST_PAUSE
        quiet_until = max(quiet_until, now + pause * (1 - jitter / 2))
    return structs.replace(budget, outages=outages, pause=pause, quiet_until=quiet_until)


def is_idle(budget: Budget, limits: Limits, now: float) -> bool:
    """Whether nothing would be forgotten with it but the trouble of a host that nobody asks any more."""
    if budget.in_flight or now < budget.quiet_until or _spent(budget, limits, now) > 0.0:
        return False
    return not budget.outages or now >= max(budget.quiet_until, budget.counted_at) + FORGOTTEN


def _spent(budget: Budget, limits: Limits, now: float) -> float:
    return max(0.0, budget.spent - (now - budget.counted_at) * limits.rate)
