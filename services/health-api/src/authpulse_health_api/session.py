"""Signing in and out in a browser: POST and DELETE /api/v1/session."""

import time
from typing import Annotated, Any, Final

from litestar import Request, Response, delete, post, route
from litestar.datastructures import Cookie
from litestar.enums import HttpMethod
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import JSONBody
from msgspec import Meta, Struct

from authpulse_contract.secret import Secret
from authpulse_health_api.access import SESSION_SECONDS, is_token, new_session
from authpulse_health_api.guard import COOKIE, check_origin, wrong_token
from authpulse_health_api.problems import Slug, documented

PATH: Final = "/api/v1/session"


class SignIn(Struct, frozen=True, kw_only=True):
    """The administrator's token, to be exchanged for a session cookie."""

    token: Annotated[str, Meta(min_length=1, max_length=4096)]


def session_routes(token: Secret, public_origin: str | None) -> list[HTTPRouteHandler]:
    """The handlers that set and clear the session cookie."""

    @post(
        PATH,
        status_code=204,
        tags=["session"],
        summary="Sign in with the administrator's token",
        responses={
            204: ResponseSpec(None, description="Signed in; the session cookie is set."),
            **documented(Slug.WRONG_TOKEN, Slug.FOREIGN_ORIGIN, Slug.TOO_LARGE, Slug.INVALID, Slug.INTERNAL),
        },
    )
    async def sign_in(data: JSONBody[SignIn], request: Request[Any, Any, Any]) -> Response[None]:
        if "origin" in request.headers:
            check_origin(request, public_origin)
        if not is_token(data.token, token):
            raise wrong_token()
        return _with_cookie(new_session(token, time.time()), SESSION_SECONDS, _is_https(request, public_origin))

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
        if "origin" in request.headers:
            check_origin(request, public_origin)
        return _with_cookie("", 0, _is_https(request, public_origin))

    # First, since Litestar else makes an answer of its own, which names only the first of several handlers at a path.
    @route(PATH, http_method=HttpMethod.OPTIONS, status_code=204, include_in_schema=False)
    async def options() -> Response[None]:
        return Response(None, status_code=204, headers={"Allow": "DELETE, OPTIONS, POST"})

    return [options, sign_in, sign_out]


def _with_cookie(value: str, max_age: int, secure: bool) -> Response[None]:
    cookie = Cookie(key=COOKIE, value=value, max_age=max_age, path="/", httponly=True, samesite="strict", secure=secure)
    return Response(None, status_code=204, cookies=[cookie], headers={"Cache-Control": "no-store"})


def _is_https(request: Request[Any, Any, Any], public_origin: str | None) -> bool:
    return request.url.scheme == "https" or (public_origin or "").startswith("https:")
