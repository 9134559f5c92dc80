"""Access tokens for other services: what is asked on `auth.tokens.get`, what is answered, and a client for it."""

from datetime import datetime
from typing import Protocol

from msgspec import Struct

from authpulse_contract.codec import from_json, to_json
from authpulse_contract.commands import NeedsReauth, Refused, TryLater
from authpulse_contract.secret import Secret
from authpulse_contract.subjects import TOKENS_GET


class GetToken(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Asks for an access token that is good for `min_valid` seconds more, or half of its life where that is less."""

    kind: str
    name: str
    min_valid: float = 30.0


class AccessToken(Struct, frozen=True, kw_only=True, tag="access_token", omit_defaults=True):
    """The token, for `Authorization: Bearer` (RFC 6750 2.1). `expires_at` is UTC, None: unknown."""

    access_token: Secret
    expires_at: datetime | None = None
    scope: str | None = None


TokenReply = AccessToken | NeedsReauth | TryLater | Refused


class Message(Protocol):
    """What a bus answers with."""

    @property
    def data(self) -> bytes: ...


class Bus(Protocol):
    """The part of a NATS client (`nats.aio.client.Client`) that is needed here."""

    async def request(self, subject: str, payload: bytes, timeout: float) -> Message: ...  # noqa: ASYNC109 -- NATS's


async def get_token(bus: Bus, kind: str, name: str, *, min_valid: float = 30.0, timeout: float = 45.0) -> TokenReply:  # noqa: ASYNC109 -- NATS's
    """A token of the connection, refreshed first where the stored one has run out.

    `AccessToken`: use it, and ask again rather than keep it past `expires_at`. `NeedsReauth`: somebody must sign in
    again, do not retry. `TryLater`: the IdP cannot be asked now; try again after `retry_after` seconds. `Refused`: no
    such connection, or it has no OAuth. `timeout` in seconds is longer than a refresh may take. Raises what the NATS
    client raises: `NoRespondersError` (no refresher runs, or this user may not ask) or `TimeoutError`.
    """
    asked = GetToken(kind=kind, name=name, min_valid=min_valid)
    answer = await bus.request(TOKENS_GET, to_json(asked), timeout=timeout)
    reply: TokenReply = from_json(answer.data, TokenReply)  # type: ignore[arg-type]  # a union is a type to msgspec
    return reply
