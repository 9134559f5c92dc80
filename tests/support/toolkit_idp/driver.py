"""Starts the authorization server and obtains a refresh token there as a person with a browser would."""

import base64
import hashlib
import json
import re
import secrets
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, quote_plus, urlsplit

import httpx

from support.servers import free_port, until

_PROGRAM = Path(__file__).parent / "program.py"
_REDIRECT = "http://127.0.0.1:1/callback"


@dataclass(frozen=True)
class ToolkitIdp:
    """A running server: its `url`, its log, and what an operator can do to it."""

    url: str
    folder: Path
    log: Path

    @property
    def token_url(self) -> str:
        return f"{self.url}/o/token/"

    @property
    def authorization_url(self) -> str:
        return f"{self.url}/o/authorize/"

    def token_posts(self) -> list[int]:
        """The status of every POST to the token endpoint so far, from the server's own log."""
        return [int(status) for status in re.findall(r'"POST /o/token/ HTTP/1\.\d" (\d+)', self.log.read_text())]

    def change_secret(self, client_id: str, secret: str) -> None:
        """What the IdP's operator does when a secret has leaked."""
        _run(self.folder, "change-secret", client_id, secret)

    @property
    def revocation_url(self) -> str:
        return f"{self.url}/o/revoke_token/"

    def consent(self, address: str, user: str, password: str) -> str:
        """Where the browser of somebody who signs in and consents at `address` is sent back to."""
        with httpx.Client(follow_redirects=True) as browser:
            page = browser.get(address)
            page = browser.post(page.url, data={**_hidden(page.text), "username": user, "password": password})
            consent = browser.post(page.url, data={**_hidden(page.text), "allow": "Authorize"}, follow_redirects=False)
        return consent.headers["Location"]

    def sign_in(self, user: str, password: str, client_id: str, client_secret: str) -> dict[str, object]:
        """The token answer of an authorization-code flow with PKCE: sign in, consent, exchange the code."""
        verifier = secrets.token_urlsafe(48)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        query = {
            "response_type": "code",
            "client_id": client_id,
            "redirect_uri": _REDIRECT,
            "scope": "read",
            "state": secrets.token_urlsafe(16),
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        address = str(httpx.URL(self.authorization_url, params=query))
        answered = parse_qs(urlsplit(self.consent(address, user, password)).query)
        assert answered["state"] == [query["state"]]
        form = {
            "grant_type": "authorization_code",
            "code": answered["code"][0],
            "redirect_uri": _REDIRECT,
            "code_verifier": verifier,
        }
        tokens: dict[str, object] = httpx.post(self.token_url, data=form, auth=basic(client_id, client_secret)).json()
        return tokens


@contextmanager
def toolkit_idp(
    folder: Path, *, users: dict[str, str], clients: dict[str, str], life: int, redirect_uri: str = _REDIRECT
) -> Iterator[ToolkitIdp]:
    """Serve on loopback: `users` to passwords, `clients` to secrets, access tokens living `life` seconds."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "life.json").write_text(str(life))
    registered = [
        {"client_id": client_id, "client_secret": secret, "name": client_id, "redirect_uris": redirect_uri}
        for client_id, secret in clients.items()
    ]
    _run(folder, "prepare", given=json.dumps({"users": users, "clients": registered}))
    port = free_port()
    log = folder / "idp.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, str(_PROGRAM), str(folder), "serve", f"127.0.0.1:{port}"],
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        until(lambda: _listens(port), seconds=30, what="the authorization server's port")
        yield ToolkitIdp(url=f"http://127.0.0.1:{port}", folder=folder, log=log)
    finally:
        process.kill()
        process.wait()


def basic(client_id: str, secret: str) -> httpx.BasicAuth:
    """RFC 6749 2.3.1: id and secret are form-encoded inside Basic."""
    return httpx.BasicAuth(quote_plus(client_id), quote_plus(secret))


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _run(folder: Path, *arguments: str, given: str = "") -> None:
    subprocess.run([sys.executable, str(_PROGRAM), str(folder), *arguments], input=given.encode(), check=True)


def _hidden(page: str) -> dict[str, str]:
    """The hidden inputs of the only form on a page."""
    inputs = re.findall(r'<input type="hidden" name="([^"]+)"(?: value="([^"]*)")?', page)
    return {name: value.replace("&amp;", "&") for name, value in inputs}
