"""When a connection is asked about next (semantics 7): before an end comes near, or after a failure has cooled."""

from datetime import datetime, timedelta
from typing import Final

from authpulse_refresher.model import Connection, Tokens

ACCESS_LEAD: Final = timedelta(minutes=5)
"""Long enough for several attempts before callers are left without a token."""
REFRESH_LEAD: Final = timedelta(hours=1)
"""A lost refresh token needs a person, so that attempts begin earlier than for an access token."""
SPREAD: Final = timedelta(minutes=5)
"""Tokens issued together come due over this span at most, or over a tenth of their life where that is shorter."""
SHORTEST_PAUSE: Final = timedelta(seconds=1)
"""Between two refreshes: a token that lives for a second must not make the loop spin."""
BACKOFF_BASE: Final = timedelta(seconds=2)
"""The first retry comes within this: most failures are one lost packet or one restarted pod."""
BACKOFF_CAP: Final = timedelta(minutes=15)
"""An IdP that is back is noticed within this."""
RETRY_AFTER_CAP: Final = timedelta(hours=1)
"""No answer may silence a connection for longer: a wrong header would look like a healthy pause."""


def next_due(connection: Connection, *, now: datetime, jitter: float, refreshed: bool) -> datetime | None:
    """When to refresh next; None: there is nothing to refresh until somebody connects.

    `jitter` in [0, 1) only makes the moment earlier. `refreshed`: an answer has just been stored, so that a lead
    already entered has been used and does not count again.
    """
    if connection.oauth is None or connection.tokens is None:
        return None
    tokens = connection.tokens
    end = tokens.expires_at or now + timedelta(seconds=connection.oauth.default_lifetime)
    if connection.oauth.grant == "authorization_code" and tokens.refresh_token is None:
        return end
    moments = [_access_moment(tokens, end, now=now, jitter=jitter)]
    if tokens.refresh_expires_at is not None:
        moments.append(tokens.refresh_expires_at - _lead(REFRESH_LEAD, tokens.refresh_lifetime))
    if connection.oauth.refresh_max_lifetime is not None and connection.authenticated_at is not None:
        longest = timedelta(seconds=connection.oauth.refresh_max_lifetime)
        moments.append(connection.authenticated_at + longest - _lead(REFRESH_LEAD, longest))
    earliest = now
    if refreshed:
        moments = [moments[0], *(moment for moment in moments[1:] if moment > now)]
        earliest = now + SHORTEST_PAUSE
    return max(min(moments), earliest)


def retry_due(attempt: int, *, now: datetime, jitter: float, retry_after: float | None) -> datetime:
    """When to try again after failure number `attempt` (from 1), `jitter` in [0, 1): exponential with full jitter.

    `retry_after` in seconds, as the IdP asked, is a lower bound; the jitter is added to it, so that those who were sent
    away together do not come back together.
    """
    # The exponent is bounded because 2 ** 2000 is no float and a connection may fail for years.
    ceiling = min(BACKOFF_BASE * (1 << min(attempt - 1, 16)), BACKOFF_CAP)
    asked = timedelta(seconds=min(retry_after or 0.0, RETRY_AFTER_CAP.total_seconds()))
    return now + max(asked + ceiling * jitter, SHORTEST_PAUSE)


def _access_moment(tokens: Tokens, end: datetime, *, now: datetime, jitter: float) -> datetime:
    if tokens.access_token is None:
        return now
    life = tokens.lifetime or end - now
    return end - _lead(ACCESS_LEAD, life) - min(SPREAD, life / 10) * jitter


def _lead(lead: timedelta, life: timedelta | None) -> timedelta:
    return lead if life is None else min(lead, life / 2)
