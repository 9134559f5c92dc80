"""How long something lives or has to wait, out of the forms in which IdPs say so; all in seconds, None: unknown."""

import json
import re
from base64 import urlsafe_b64decode
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

LONGEST: Final = 10 * 365.25 * 86_400.0
"""Ten years. Above it lie int64 maxima and absolute times (epoch seconds are 1.7e9), never a lifetime."""
_NUMBER: Final = re.compile(r"\+?[0-9]{1,30}(?:\.[0-9]{0,30})?(?:[eE][+-]?[0-9]{1,3})?", re.ASCII)
_DELAY: Final = re.compile(r"([0-9]{1,30}(?:\.[0-9]{0,30})?)\s*(?:,.*)?", re.ASCII | re.DOTALL)


def seconds(value: object) -> float | None:
    """A lifetime as sent: number or numeric string. Zero, negative, absurd or no number at all: None."""
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    # Written so that NaN fails it.
    return float(value) if 0 < value <= LONGEST else None


def retry_after(headers: dict[str, str], *, now: datetime) -> float | None:
    """`Retry-After` (RFC 9110 10.2.3); a date counts from the answer's own `Date`, so that no clock has to be right."""
    asked = headers.get("retry-after", "").strip()
    if delay := _DELAY.fullmatch(asked):
        return seconds(delay[1])
    until = _http_date(asked)
    if until is None:
        return None
    return seconds((until - (_http_date(headers.get("date", "")) or now)).total_seconds())


def jwt_life(token: str, *, now: datetime) -> float | None:
    """What is left of a JWT by its `exp` (RFC 7519 4.1.4); the signature is not looked at. None: not a JWT, or over."""
    parts = token.split(".")
    if len(parts) != 3:  # noqa: PLR2004 -- header, claims, signature
        return None
    try:
        claims = json.loads(urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
        end = claims["exp"]
        return seconds(end - now.timestamp()) if isinstance(end, int | float) else None
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
        return None


def end_of(now: datetime, life: float | None) -> datetime | None:
    """The moment `life` seconds from now."""
    return None if life is None else now + timedelta(seconds=life)


def _http_date(text: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(text)
        return date.replace(tzinfo=UTC) if date.tzinfo is None else date.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
