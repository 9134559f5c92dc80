"""The pages that a reconnect link opens, for somebody without an account here: what it is for, and off to the IdP."""

from typing import Annotated
from urllib.parse import urlsplit

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import PathParameter

from authpulse_contract.connecting import (
    FIND_LINK,
    START_BY_LINK,
    ConnectReply,
    FindLink,
    StartByLink,
)
from authpulse_contract.secret import Secret
from authpulse_health_api.acting import html
from authpulse_health_api.acting.addresses import OWNERS, Addresses
from authpulse_health_api.acting.browser import binding, new_browser
from authpulse_health_api.acting.signing_in import HTML
from authpulse_health_api.admission.commanding import NO_STORE, Asked
from authpulse_health_api.admission.door import Door
from authpulse_health_api.problems import Problem
from authpulse_health_api.upstream.commands import Commands

Link = Annotated[str, PathParameter()]


def owner_routes(commands: Commands, addresses: Addresses, door: Door) -> list[HTTPRouteHandler]:
    """The handlers. Looking spends nothing, so that whoever scans a mail for links does no harm."""

    @get(f"{OWNERS}/{{link:str}}", include_in_schema=False)
    async def show_link(link: Link) -> Response[bytes]:
        try:
            found = await commands.ask(FIND_LINK, FindLink(link=Secret(link)), ConnectReply)
        except Problem as problem:
            return _refused(problem)
        where = found.idp_host or "the identity provider"
        told = html.page(
            f"Connect {found.kind}/{found.name}",
            f"You were asked to sign in at {where}, so that {found.kind}/{found.name} works again.",
            "Nothing else here is opened to you, and the link is good for one sign-in.",
            body=html.button(f"Sign in at {where}", OWNERS, link=link),
            head=html.SAYS_ITS_ORIGIN,
        )
        return Response(told, media_type=HTML, headers=NO_STORE)

    # The link is in the form and not in the path, which stands in the log of who commanded what.
    @post(OWNERS, include_in_schema=False, status_code=200)
    async def use_link(request: Asked) -> Response[bytes]:
        browser, form = new_browser(), await request.form()
        try:
            if "origin" in request.headers:
                door.check_origin(request)
            command = StartByLink(
                link=Secret(str(form.get("link", ""))), browser=browser, redirect_uri=addresses.redirect_uri
            )
            begun = await commands.ask(START_BY_LINK, command, ConnectReply)
        except Problem as problem:
            return _refused(problem)
        where = urlsplit(begun.authorization_url).hostname or "the identity provider"
        told = html.page(
            f"On to {where}",
            "You are being sent on.",
            body=html.link(begun.authorization_url, f"Sign in at {where}"),
            head=html.moving_on(begun.authorization_url),
        )
        cookie = binding(begun.state, browser, secure=addresses.is_https)
        return Response(told, media_type=HTML, headers=NO_STORE, cookies=[cookie])

    return [show_link, use_link]


def _refused(problem: Problem) -> Response[bytes]:
    detail = problem.document.detail
    why = detail if isinstance(detail, str) else problem.document.title
    told = html.page("This does not work", why, tone="bad")
    return Response(told, status_code=problem.slug.status, media_type=HTML, headers={**NO_STORE, **problem.headers})
