"""A person with a browser who signs in for a connection, at the border of the refresher."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
from msgspec import structs

from authpulse_contract.connecting import CompleteSignIn, ConnectReply, SignInStarted, StartSignIn
from authpulse_contract.connections import Declaration
from authpulse_contract.secret import Secret
from authpulse_refresher.connecting.begin import Begin
from authpulse_refresher.connecting.complete import Complete
from authpulse_refresher.connecting.finish import Finish
from authpulse_refresher.provider.wire import Wires
from authpulse_refresher.storage.vault import Vault
from support.idp import Client
from support.vault import declared

BROWSER = Secret("a-browser")
CALLBACK = "https://authpulse.example/api/v1/admin/oauth/callback"
BACK = "/connections/api/crm"


def connecting(client: Client, **oauth: Any) -> Declaration:
    """`api/crm` at this client, with its authorization endpoint unless `oauth` says otherwise, and no grant brought."""
    declaration = declared(client, **({"authorization_url": client.authorization_url} | oauth))
    return structs.replace(declaration, token=None)


class Person:
    """Signs in by way of one vault."""

    def __init__(self, vault: Vault, wires: Wires) -> None:
        self.begin, self.finish = Begin(vault=vault, wires=wires), Complete(Finish(vault), wires, deadline=5.0)

    async def start(self, *, name: str = "crm", **members: Any) -> SignInStarted:
        given: dict[str, Any] = {
            "actor": "ada",
            "browser": BROWSER,
            "redirect_uri": CALLBACK,
            "return_to": BACK,
        } | members
        reply = await self.begin.start(StartSignIn(kind="api", name=name, **given))
        assert isinstance(reply, SignInStarted), reply
        return reply

    async def visit(self, address: str) -> CompleteSignIn:
        """What the IdP sends the browser back with."""
        async with httpx.AsyncClient() as browser:
            answer = await browser.get(address)
        assert answer.status_code == 302, answer.text
        location = answer.headers["location"]
        assert location.startswith(CALLBACK + "?")
        query = {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}
        return CompleteSignIn(
            state=Secret(query["state"]),
            browser=BROWSER,
            code=Secret(query["code"]) if "code" in query else None,
            error=query.get("error"),
            iss=query.get("iss"),
        )

    async def sign_in(self, **members: Any) -> ConnectReply:
        """From the click to what came of it."""
        started = await self.start(**members)
        return await self.finish.complete(await self.visit(started.authorization_url))
