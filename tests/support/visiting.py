"""An administrator's browser on its way from the console to the IdP and back."""

from typing import Any

import httpx

from support.idp import Client
from support.system import ADMIN_TOKEN, System

BACK = "/connections/api/crm"


def declared(client: Client, **members: Any) -> dict[str, Any]:
    """The body that declares a connection at this client."""
    return {
        "grant": "authorization_code",
        "token_url": client.token_url,
        "authorization_url": client.authorization_url,
        "client_id": client.client_id,
        "client_secret": client.secret,
        **members,
    }


def browser() -> httpx.Client:
    return httpx.Client(timeout=20)


def start(system: System, person: httpx.Client, *, name: str = "crm", **headers: str) -> dict[str, Any]:
    """What the console does when somebody clicks Connect; its browser gets the cookie."""
    url = f"{system.url}/api/v1/admin/connections/api/{name}/oauth-start"
    answer = person.post(url, json={"return_to": BACK}, headers={"Authorization": f"Bearer {ADMIN_TOKEN}", **headers})
    assert answer.status_code == 200, answer.text
    begun: dict[str, Any] = answer.json()
    return begun


def finish(person: httpx.Client, begun: dict[str, Any]) -> httpx.Response:
    """To the IdP and back; the last answer is our callback's."""
    at_idp = person.get(begun["authorization_url"])
    assert at_idp.status_code == 302
    return person.get(at_idp.headers["location"])
