"""Signing in at an IdP over HTTP: the start for our own page, and the callback for whoever comes back."""

from typing import Annotated, Final

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody
from msgspec import Meta, Struct

from authpulse_contract.connecting import (
    COMPLETE,
    START,
    CompleteSignIn,
    ConnectReply,
    SignedIn,
    SignInRefused,
    StartSignIn,
)
from authpulse_contract.secret import Secret
from authpulse_health_api.acting import html
from authpulse_health_api.acting.addresses import CALLBACK, Addresses
from authpulse_health_api.acting.browser import binding, cookie_name, new_browser, unbinding
from authpulse_health_api.acting.return_path import is_return_path
from authpulse_health_api.acting.sign_in_faults import words
from authpulse_health_api.admission.commanding import COMMON, NO_STORE, Asked
from authpulse_health_api.admission.guard import admin_only, principal_of
from authpulse_health_api.problems import Fault, Problem, Slug, documented
from authpulse_health_api.reading.connection import Kind, Name, plain
from authpulse_health_api.upstream.commands import IDP_PATIENCE, Commands

HTML: Final = "text/html; charset=utf-8"


class SignInWanted(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`other_account`: whoever signs in may be somebody else than before."""

    return_to: Annotated[str, Meta(description="A path of this site to come back to.", examples=["/"])] = "/"
    other_account: bool = False


class SignInBegun(Struct, frozen=True, kw_only=True):
    """Send the browser that asked to `authorization_url`; none but it can finish, until `expires_at`."""

    authorization_url: str
    state: str
    redirect_uri: str
    expires_at: str


def sign_in_start(commands: Commands, addresses: Addresses) -> HTTPRouteHandler:
    """The handler that begins a sign-in, for admins."""

    @post(
        "/connections/{kind:str}/{name:str}/oauth-start",
        status_code=200,
        guards=[admin_only],
        tags=["connection"],
        summary="Begin a sign-in at the identity provider; sets a cookie that its callback needs",
        responses=documented(*COMMON, Slug.NOT_OAUTH, Slug.CONFLICT, Slug.TOO_LARGE, Slug.INVALID),
    )
    async def oauth_start(
        kind: Kind, name: Name, data: JSONBody[SignInWanted], request: Asked
    ) -> Response[SignInBegun]:
        """Send the browser that asked to `authorization_url`; it comes back to `return_to`."""
        if not is_return_path(data.return_to):
            fault = Fault(member="return_to", source="body", detail="must be a path of this site, such as /")
            raise Problem(Slug.INVALID, faults=[fault])
        browser = new_browser()
        command = StartSignIn(
            kind=plain(kind),
            name=plain(name),
            actor=principal_of(request).name,
            browser=browser,
            redirect_uri=addresses.redirect_uri,
            return_to=data.return_to,
            other_account=data.other_account,
        )
        begun = await commands.ask(START, command, ConnectReply)
        told = SignInBegun(
            authorization_url=begun.authorization_url,
            state=begun.state.reveal(),
            redirect_uri=begun.redirect_uri,
            expires_at=begun.expires_at.isoformat(),
        )
        cookie = binding(begun.state, browser, secure=addresses.is_https)
        return Response(told, headers=NO_STORE, cookies=[cookie])

    return oauth_start


def callback(commands: Commands, addresses: Addresses) -> HTTPRouteHandler:
    """The handler that IdPs send browsers to; public, since the cookie of a session does not come along."""

    @get(CALLBACK, include_in_schema=False)
    async def oauth_callback(request: Asked) -> Response[bytes]:
        command = _sent(request)
        try:
            reply = SignInRefused(fault="unknown_state") if command is None else await _complete(commands, command)
        except Problem as problem:
            return _no_answer(problem)
        answer = _answered(reply)
        if command is not None:
            answer.set_cookie(unbinding(command.state, secure=addresses.is_https))
        return answer

    return oauth_callback


async def _complete(commands: Commands, command: CompleteSignIn) -> SignedIn | SignInRefused:
    reply: SignedIn | SignInRefused = await commands.ask(COMPLETE, command, ConnectReply, patience=IDP_PATIENCE)
    return reply


def _sent(request: Asked) -> CompleteSignIn | None:
    """What the IdP sent; None: no state, or a member twice, of which nobody knows which one counts (RFC 6749 3.1)."""
    found: dict[str, str] = {}
    for name in ("state", "code", "error", "iss"):
        values = request.query_params.getall(name, [])
        if len(values) > 1:
            return None
        if values and values[0]:
            found[name] = values[0]
    if "state" not in found:
        return None
    state = Secret(found["state"])
    browser = request.cookies.get(cookie_name(state))
    return CompleteSignIn(
        state=state,
        browser=None if browser is None else Secret(browser),
        code=Secret(found["code"]) if "code" in found else None,
        error=found.get("error"),
        iss=found.get("iss"),
    )


def _answered(reply: SignedIn | SignInRefused) -> Response[bytes]:
    if isinstance(reply, SignedIn):
        if is_return_path(reply.return_to):
            return Response(b"", status_code=302, headers={**NO_STORE, "Location": reply.return_to})
        what = f"{reply.kind}/{reply.name} is connected. You can close this page."
        done = html.page("Connected", what, tone="good")
        return Response(done, media_type=HTML, headers=NO_STORE)
    back = html.link(reply.return_to, "Back to the connection") if is_return_path(reply.return_to) else ""
    told = html.page("Not connected", *words(reply), body=back, tone="bad")
    return Response(told, status_code=400, media_type=HTML, headers=NO_STORE)


def _no_answer(problem: Problem) -> Response[bytes]:
    detail = problem.document.detail
    told = html.page(
        "Not known yet",
        detail if isinstance(detail, str) else problem.document.title,
        "Look at the connection in a moment: if it still needs a sign-in, choose Connect again.",
    )
    return Response(told, status_code=problem.slug.status, media_type=HTML, headers={**NO_STORE, **problem.headers})
