"""POST of a link by which somebody without an account here signs in for one connection."""

from typing import Annotated

from litestar import Response, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody
from msgspec import Meta, Struct

from authpulse_contract.connecting import MAKE_LINK, ConnectReply, MakeLink
from authpulse_contract.durations import seconds
from authpulse_health_api.acting.addresses import Addresses
from authpulse_health_api.admission.commanding import COMMON, NO_STORE, Asked
from authpulse_health_api.admission.guard import admin_only, principal_of
from authpulse_health_api.problems import Fault, Problem, Slug, documented
from authpulse_health_api.reading.connection import Kind, Name, plain
from authpulse_health_api.upstream.commands import Commands


class LinkWanted(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long a link is good for."""

    valid_for: Annotated[str, Meta(description="At most 30d.", examples=["24h"])] = "24h"


class ReconnectLink(Struct, frozen=True, kw_only=True):
    """For whoever owns the account at the IdP: opens a page that lets them sign in there, once."""

    url: str
    expires_at: str


def reconnect_link_route(commands: Commands, addresses: Addresses) -> HTTPRouteHandler:
    """The handler, for admins."""

    @post(
        "/connections/{kind:str}/{name:str}/reconnect-link",
        guards=[admin_only],
        tags=["connection"],
        summary="Make a single-use link for an owner without an account here, good for 24 hours unless told otherwise",
        responses=documented(*COMMON, Slug.NOT_OAUTH, Slug.CONFLICT, Slug.TOO_LARGE, Slug.INVALID),
    )
    async def reconnect_link(
        kind: Kind, name: Name, data: JSONBody[LinkWanted], request: Asked
    ) -> Response[ReconnectLink]:
        """Whoever has the link may sign in there once, and may do nothing else here."""
        command = MakeLink(
            kind=plain(kind), name=plain(name), actor=principal_of(request).name, valid_for=_span(data.valid_for)
        )
        made = await commands.ask(MAKE_LINK, command, ConnectReply)
        link = ReconnectLink(url=addresses.of_link(made.link), expires_at=made.expires_at.isoformat())
        return Response(link, headers=NO_STORE)

    return reconnect_link


def _span(text: str) -> float:
    try:
        return seconds(text)
    except ValueError:
        fault = Fault(member="valid_for", source="body", detail='must be a duration such as "24h"')
        raise Problem(Slug.INVALID, faults=[fault]) from None
