"""Which refresh tokens are kept aside when a grant is refused: those that the IdP did not find fault with."""

from datetime import datetime, timedelta

from authpulse_refresher.decision.conclude import host_of
from authpulse_refresher.model import Connection, Kept, Terminal
from authpulse_refresher.verdict.quirks import refused_by_code

_UNEXPLAINED = "http_401"
"""RFC 6749 5.2: 401 is for a client that could not prove who it is."""


def keep_aside(connection: Connection, refused: Terminal, *, now: datetime, span: timedelta) -> Kept | None:
    """The refresh token, for `span`, if the client was refused and not the grant; None: it is gone for good.

    One that is aside already stays so until its first end: trying again must not lengthen it.
    """
    code = refused.code
    if code is None or not (code == _UNEXPLAINED or refused_by_code(code, host_of(connection)) == "client"):
        return None
    tokens = connection.tokens
    if tokens is None:
        return connection.kept
    if tokens.refresh_token is None or not span:
        return None
    return Kept(refresh_token=tokens.refresh_token, until=now + span, refresh_expires_at=tokens.refresh_expires_at)
