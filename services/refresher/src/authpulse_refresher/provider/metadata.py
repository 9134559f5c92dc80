"""What an authorization server publishes about itself (RFC 8414; OpenID Connect Discovery 1.0), looked up by issuer."""

from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

import httpx
from msgspec import Struct

from authpulse_contract.connections import OAuthConfig
from authpulse_contract.endpoint import endpoint_fault
from authpulse_refresher.model import Answer
from authpulse_refresher.provider.idp import send
from authpulse_refresher.provider.wire import Wires
from authpulse_refresher.verdict.read import read_members

LOOK_UP_DEADLINE: Final = 5.0
"""Seconds: a person waits, and with what is declared one can do without."""
_HEADERS: Final = {"accept": "application/json", "accept-encoding": "identity", "user-agent": "authpulse"}
_FOUND: Final = 200


class Metadata(Struct, frozen=True, kw_only=True):
    """The endpoints, each fit to be asked, and whether callbacks carry `iss` (RFC 9207 3)."""

    issuer: str
    token_url: str | None = None
    authorization_url: str | None = None
    revocation_url: str | None = None
    iss_in_callbacks: bool = False


async def look_up(wires: Wires, oauth: OAuthConfig, *, deadline: float) -> Metadata | None:
    """What the connection's issuer publishes; None: it names none, or nothing that can be used is there.

    Asks twice at most, `deadline` seconds each. The document must name the very same issuer (RFC 8414 3.3).
    """
    if oauth.issuer is None:
        return None
    for address in _addresses(oauth.issuer):
        answer, _ = await send(
            wires,
            lambda address=address: httpx.Request("GET", address, headers=_HEADERS),  # type: ignore[misc]
            oauth,
            deadline=deadline,
        )
        members = read_members(answer) if isinstance(answer, Answer) and answer.status == _FOUND else None
        if members is not None and members.get("issuer") == oauth.issuer:
            return _read(members, oauth)
    return None


def _addresses(issuer: str) -> tuple[str, str]:
    parts = urlsplit(issuer)
    path = parts.path.rstrip("/")
    return (
        urlunsplit(parts._replace(path=f"/.well-known/oauth-authorization-server{path}")),
        urlunsplit(parts._replace(path=f"{path}/.well-known/openid-configuration")),
    )


def _read(members: dict[str, Any], oauth: OAuthConfig) -> Metadata:
    def endpoint(name: str) -> str | None:
        url = members.get(name)
        fit = isinstance(url, str) and endpoint_fault(url, allow_http=oauth.allow_http) is None
        return url if fit else None

    return Metadata(
        issuer=members["issuer"],
        token_url=endpoint("token_endpoint"),
        authorization_url=endpoint("authorization_endpoint"),
        revocation_url=endpoint("revocation_endpoint"),
        iss_in_callbacks=members.get("authorization_response_iss_parameter_supported") is True,
    )
