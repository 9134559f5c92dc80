"""Commands about one connection over HTTP: register or change, remove, refresh now, forget its token."""

import asyncio
import time
from typing import Any, Final, Literal

from litestar import Response, delete, post, put
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import JSONBody
from msgspec import Struct

from authpulse_contract.commands import (
    FORGET,
    REFRESH,
    REGISTER,
    REMOVE,
    Done,
    ForgetToken,
    NeedsReauth,
    RefreshNow,
    Register,
    Remove,
    Reply,
    TryLater,
)
from authpulse_health_api.acting.declared import DeclaredConnection, declaration
from authpulse_health_api.admission.commanding import COMMON, NO_STORE, Asked
from authpulse_health_api.admission.guard import admin_only, principal_of
from authpulse_health_api.allow import options_at
from authpulse_health_api.problems import Fault, Problem, Slug, documented
from authpulse_health_api.reading.connection import Kind, Name, plain, read_status
from authpulse_health_api.reading.status import OAuthStatus, known_version
from authpulse_health_api.upstream.commands import IDP_PATIENCE, Commands
from authpulse_health_api.upstream.ledger import Pool, reading

_PATH: Final = "/connections/{kind:str}/{name:str}"
_IN_PATH: Final = {"kind", "name"}
_CATCH_UP: Final = 3.0
"""Seconds that the ledger has to learn what has just been done."""


class Outcome(Struct, frozen=True, kw_only=True):
    """What was done. `changed` names members, never values; `version` is the connection's since then."""

    action: Literal["created", "changed", "unchanged", "removed", "refreshed", "forgotten"]
    changed: tuple[str, ...]
    tokens_forgotten: bool
    version: int | None


def manage_routes(commands: Commands, ledger: Pool) -> list[HTTPRouteHandler]:
    """The handlers."""

    @put(
        _PATH,
        guards=[admin_only],
        tags=["connection"],
        summary="Make the connection be as declared, whether it is known or not",
        responses={
            201: ResponseSpec(Outcome, description="It is registered now.", generate_examples=False),
            **documented(*COMMON, Slug.CONFLICT, Slug.TOO_LARGE, Slug.INVALID),
        },
    )
    async def put_connection(
        kind: Kind, name: Name, data: JSONBody[DeclaredConnection], request: Asked
    ) -> Response[Outcome]:
        """Changing where tokens come from forgets them: a refresh token is never sent to another host."""
        made = declaration(plain(kind), plain(name), data)
        if isinstance(made, list):
            raise Problem(Slug.INVALID, faults=[_fault(each.member, each.detail) for each in made])
        command = Register(declaration=made, declared_by="http", actor=principal_of(request).name)
        done = await commands.ask(REGISTER, command, Reply)
        return _told(done, status=201 if isinstance(done, Done) and done.action == "created" else 200)

    @delete(
        _PATH,
        status_code=200,
        guards=[admin_only],
        tags=["connection"],
        summary="Remove the connection and its tokens; its history stays",
        responses=documented(*COMMON, Slug.CONFLICT),
    )
    async def delete_connection(kind: Kind, name: Name, request: Asked) -> Response[Outcome]:
        """Registered anew, it goes on with its history and its version."""
        command = Remove(kind=plain(kind), name=plain(name), actor=principal_of(request).name, declared_by="http")
        return _told(await commands.ask(REMOVE, command, Reply))

    @delete(
        "/connections/{kind:str}/{name:str}/token",
        status_code=200,
        guards=[admin_only],
        tags=["connection"],
        summary="Forget the stored tokens, and have them revoked at the identity provider where it can (RFC 7009)",
        responses=documented(*COMMON, Slug.NOT_OAUTH),
    )
    async def delete_token(kind: Kind, name: Name, request: Asked) -> Response[Outcome]:
        """The connection stays and needs a sign-in. What the identity provider answers changes nothing about that."""
        command = ForgetToken(kind=plain(kind), name=plain(name), actor=principal_of(request).name)
        return _told(await commands.ask(FORGET, command, Reply, patience=IDP_PATIENCE))

    @post(
        "/connections/{kind:str}/{name:str}/reacquire-oauth",
        status_code=200,
        guards=[admin_only],
        tags=["connection"],
        summary="Refresh now; the OAuth status after it",
        responses=documented(*COMMON, Slug.NOT_OAUTH, Slug.NEEDS_REAUTH, Slug.IDP_FAILED, Slug.LEDGER_AWAY),
    )
    async def reacquire_oauth(kind: Kind, name: Name, request: Asked) -> Response[OAuthStatus]:
        """Waits for the identity provider, and for the ledger to know of it."""
        command = RefreshNow(kind=plain(kind), name=plain(name), actor=principal_of(request).name)
        done = await commands.ask(REFRESH, command, Reply, patience=IDP_PATIENCE)
        _raise_unless_refreshed(done)
        await _caught_up(ledger, command.kind, command.name, done.version)
        return Response(await read_status(ledger, command.kind, command.name), headers=NO_STORE)

    return [
        options_at(_PATH, "DELETE", "PUT"),
        put_connection,
        delete_connection,
        delete_token,
        reacquire_oauth,
    ]


def _fault(member: str, detail: str) -> Fault:
    return Fault(member=member, source="path" if member in _IN_PATH else "body", detail=detail)


def _told(done: Done, *, status: int = 200) -> Response[Outcome]:
    outcome = Outcome(
        action=done.action, changed=done.changed, tokens_forgotten=done.tokens_forgotten, version=done.version
    )
    return Response(outcome, status_code=status, headers=NO_STORE)


def _raise_unless_refreshed(reply: Any) -> None:
    match reply:
        case NeedsReauth(idp_error_code=code):
            raise Problem(Slug.NEEDS_REAUTH, _because(code))
        case TryLater(idp_error_code=code, retry_after=after):
            headers = {} if after is None else {"Retry-After": str(max(1, round(after)))}
            raise Problem(Slug.IDP_FAILED, _because(code), headers=headers)


def _because(code: str | None) -> str | None:
    return None if code is None else f"The identity provider said {code}."


async def _caught_up(ledger: Pool, kind: str, name: str, version: int | None) -> None:
    """Wait a moment for the ledger, so that the answer is not older than what it answers."""
    give_up = time.monotonic() + _CATCH_UP
    while version is not None and time.monotonic() < give_up:
        async with reading(ledger) as db:
            if (await known_version(db, kind, name) or 0) >= version:
                return
        await asyncio.sleep(0.05)
