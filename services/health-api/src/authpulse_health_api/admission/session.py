"""Signing in and out in a browser: POST and DELETE /api/v1/session."""

import time
from typing import Annotated, Any, Final

from litestar import Request, Response, delete, get, post
from litestar.datastructures import Cookie
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import JSONBody
from msgspec import Meta, Struct

from authpulse_health_api.admission.door import COOKIE, Door
from authpulse_health_api.admission.guard import REFUSALS, principal_of, signed_in
from authpulse_health_api.admission.principal import Role
from authpulse_health_api.admission.sessions import session_of, write_session
from authpulse_health_api.allow import options_at
from authpulse_health_api.problems import Slug, documented

PATH: Final = "/api/v1/session"


class SignIn(Struct, frozen=True, kw_only=True):
    """A bearer token of any sort, to be exchanged for a session cookie."""

    token: Annotated[str, Meta(min_length=1, max_length=16384)]


class Identity(Struct, frozen=True, kw_only=True):
    """Who is signed in, and what they may do."""

    name: str
    role: Role


def session_routes(door: Door) -> list[HTTPRouteHandler]:
    """The handlers that tell of the session, set its cookie and clear it."""

    @get(
        PATH,
        tags=["session"],
        summary="Who is signed in",
        guards=[signed_in(door)],
        security=[{"bearer": []}, {"session": []}],
        responses=documented(*REFUSALS, Slug.INTERNAL),
    )
    async def who(request: Request[Any, Any, Any]) -> Response[Identity]:
        """By whichever way they signed in."""
        principal = principal_of(request)
        return Response(Identity(name=principal.name, role=principal.role), headers={"Cache-Control": "no-store"})

    @post(
        PATH,
        status_code=204,
        tags=["session"],
        summary="Sign in with the administrator's token, an API key or a token of the OIDC issuer",
        responses={
            204: ResponseSpec(None, description="Signed in; the session cookie is set."),
            **documented(*REFUSALS, Slug.TOO_LARGE, Slug.INVALID, Slug.INTERNAL),
        },
    )
    async def sign_in(data: JSONBody[SignIn], request: Request[Any, Any, Any]) -> Response[None]:
        """Trades the token for a cookie that no script can read (HttpOnly, SameSite=Strict) and that ends with it."""
        if "origin" in request.headers:
            door.check_origin(request)
        now = time.time()
        session = session_of(await door.prove(data.token, request), now)
        request.scope["user"] = session
        seconds = max(0, int((session.expires_at or now) - now))
        return _with_cookie(write_session(session, door.token), seconds, _is_https(request, door.public_origin))

    @delete(
        PATH,
        tags=["session"],
        summary="Sign out",
        responses={
            204: ResponseSpec(None, description="Signed out; the session cookie is gone."),
            **documented(Slug.FOREIGN_ORIGIN, Slug.INTERNAL),
        },
    )
    async def sign_out(request: Request[Any, Any, Any]) -> Response[None]:
        """Clears the cookie, whoever asks."""
        if "origin" in request.headers:
            door.check_origin(request)
        return _with_cookie("", 0, _is_https(request, door.public_origin))

    return [options_at(PATH, "DELETE", "GET", "POST"), who, sign_in, sign_out]


def _with_cookie(value: str, max_age: int, secure: bool) -> Response[None]:
    cookie = Cookie(key=COOKIE, value=value, max_age=max_age, path="/", httponly=True, samesite="strict", secure=secure)
    return Response(None, status_code=204, cookies=[cookie], headers={"Cache-Control": "no-store"})


def _is_https(request: Request[Any, Any, Any], public_origin: str | None) -> bool:
    return request.url.scheme == "https" or (public_origin or "").startswith("https:")
