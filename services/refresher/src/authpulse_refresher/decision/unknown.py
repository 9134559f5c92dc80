"""What to do where nobody saw whether the IdP obeyed (semantics 1): what still counts, and when to try again."""

from datetime import datetime, timedelta
from typing import Final

from msgspec import Struct

from authpulse_refresher.decision.traits import STRICT, Traits
from authpulse_refresher.model import Connection

FASTEST: Final = timedelta(seconds=0.05)
FAST_SPREAD: Final = timedelta(seconds=0.2)
"""The first retry after a silence comes within `FASTEST` + `FAST_SPREAD`: inside any grace that an IdP grants."""

HOLD: Final = 300.0
"""Seconds: a machine that sleeps for longer is taken for dead. A hold costs minutes, a replay costs a sign-in."""


class Silence(Struct, frozen=True, kw_only=True):
    """How an attempt went of which nobody saw the end, at an IdP with these `traits`.

    `since`: when it was sent at the earliest; None: just now. `hold`: how long to wait for its holder, which may be
    paused with the answer in its hands; zero: nobody has the answer and it will not come.
    """

    traits: Traits = STRICT
    since: datetime | None = None
    hold: timedelta = timedelta(0)


JUST_NOW: Final = Silence()
"""Of an attempt whose holder saw it fail, at an IdP of which nothing is known."""


def next_try(  # noqa: PLR0913 -- time and randomness are arguments, by keyword
    connection: Connection, silence: Silence, *, since: datetime, backoff: datetime, now: datetime, jitter: float
) -> datetime:
    """When to spend the stored token again after a silence; `since`: the first one since the last success.

    The token may be spent. While the IdP takes a spent one all the same, asking again in time gets the tokens that the
    lost answer held. After that, a replay may kill the answer that a paused holder has; where nobody has one, there is
    nothing left to kill and the usual `backoff` follows. `jitter` in [0, 1).
    """
    soon = now + FASTEST + FAST_SPREAD * jitter
    traits, grace_ends = silence.traits, since + timedelta(seconds=silence.traits.grace)
    if not _spends(connection, traits):
        return soon if silence.hold else backoff
    if silence.hold:
        harmless = traits.previous_only or not traits.replay_kills or soon <= grace_ends
        return soon if harmless else now + silence.hold
    if connection.attempt == 0:
        return soon
    if backoff <= grace_ends or soon > grace_ends:
        return backoff
    return max(soon, now + (grace_ends - now) / 2)


def may_repeat(connection: Connection, traits: Traits) -> bool:
    """Whether a request whose answer was lost may be sent once more at once: it spends a token, which is forgiven."""
    return _spends(connection, traits) and traits.grace > 0


def in_grace(traits: Traits, *, since: datetime, now: datetime) -> bool:
    """Whether a token that was first sent at `since` is still taken, if it reaches the IdP within `FASTEST` from now.

    A clock that was set back in between tells nothing, and so does one that has not come to `since` yet.
    """
    return since <= now and now + FASTEST <= since + timedelta(seconds=traits.grace)


def counts(connection: Connection, generation: int, *, held: bool, issued: bool) -> bool:
    """Whether the outcome of an attempt with the grant of `generation` may be stored upon `connection`.

    `held`: nobody has taken the connection over since. Tokens (`issued`) count even otherwise, as long as the grant
    that they descend from is the stored one; a refusal does not, because the other attempt may be what made the IdP
    refuse this one. Tokens even revive a grant that was given up as lost for want of this very answer.
    """
    if connection.generation == generation:
        return held or issued
    given_up = connection.needs_reauth and connection.outcome_unknown and connection.tokens is None
    return issued and given_up and not connection.removed and connection.generation == generation + 1


def _spends(connection: Connection, traits: Traits) -> bool:
    """Whether a refresh spends something that cannot be had again."""
    return traits.rotates and connection.oauth is not None and connection.oauth.grant == "authorization_code"
