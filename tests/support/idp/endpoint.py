"""The token endpoint: authenticates the client, honours the grant, keeps the book, and behaves as scripted."""

import asyncio
import base64
import binascii
import json
import time
from collections.abc import Mapping
from hashlib import sha256
from urllib.parse import unquote_plus

from aiohttp import web

from support.idp.assertions import is_proof
from support.idp.books import Client, Post
from support.idp.manners import Answer, Delay, Hang, Manner, Raw, Reset, Sent, Slow


class TokenEndpoint:
    """RFC 6749 sections 4.1.3, 5 and 6 for all grants that authpulse uses."""

    def __init__(self, clients: Mapping[str, Client]) -> None:
        self._clients = clients

    async def answer(self, request: web.Request) -> web.StreamResponse:
        client = self._clients[request.match_info["number"]]
        sent = await _read(request, client)
        manner = client.manner_for(sent)
        honoured = manner is None or isinstance(manner, Delay) or manner.obey
        proper, code, reused = _honour(client, sent) if honoured else (web.Response(), "", False)
        outcome = code if manner is None or isinstance(manner, Delay) else type(manner).__name__
        client.posts.append(
            Post(
                at=time.monotonic(),
                refresh_token=sent.refresh_token,
                outcome=outcome,
                reused=reused or _is_spent(client, sent, honoured=honoured),
                obeyed=code == "issued",
            )
        )
        return await _behave(request, manner, proper)


def _is_spent(client: Client, sent: Sent, *, honoured: bool) -> bool:
    return not honoured and any(sent.refresh_token in family.spent for family in client.families)


def _honour(client: Client, sent: Sent) -> tuple[web.Response, str, bool]:
    """The proper answer, the word for the book, and whether the refresh token had been spent before."""
    if sent.client_id != client.client_id or (client.auth != "none" and sent.secret != client.secret):
        return _refusal(401, "invalid_client"), "invalid_client", False
    issued: dict[str, object] = {"access_token": client.make_token("at"), "token_type": "Bearer"}
    if client.access_life is not None:
        issued["expires_in"] = client.access_life
    if sent.form.get("grant_type") == "client_credentials":
        return web.json_response(issued), "issued", False
    if sent.form.get("grant_type") == "authorization_code":
        return _honour_code(client, sent, issued)
    if sent.form.get("grant_type") != "refresh_token":
        return _refusal(400, "unsupported_grant_type"), "unsupported_grant_type", False
    successor, reused = client.redeem(sent.refresh_token)
    if successor is None:
        return _refusal(400, "invalid_grant"), "invalid_grant", reused
    if client.rotation != "none":
        issued["refresh_token"] = successor
        if client.refresh_life is not None:
            issued["refresh_expires_in"] = client.refresh_life
    return web.json_response(issued), "issued", reused


def _honour_code(client: Client, sent: Sent, issued: dict[str, object]) -> tuple[web.Response, str, bool]:
    code = client.use_code(sent.form.get("code", ""))
    challenge = base64.urlsafe_b64encode(sha256(sent.form.get("code_verifier", "").encode()).digest()).rstrip(b"=")
    asked = (sent.form.get("redirect_uri"), challenge.decode())
    if code is None or asked != (code.redirect_uri, code.challenge):
        return _refusal(400, "invalid_grant"), "invalid_grant", False
    issued["refresh_token"] = client.issue()
    if client.scope is not None:
        issued["scope"] = client.scope
    if client.subject is not None:
        claims = {"iss": client.issuer, "sub": client.subject, "aud": client.client_id, "exp": time.time() + 60}
        issued["id_token"] = _unsigned(claims | client.id_claims)
    return web.json_response(issued), "issued", False


def _unsigned(claims: dict[str, object]) -> str:
    parts = ({"alg": "RS256"}, claims)
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts]
    return ".".join((*encoded, "c2ln"))


def _refusal(status: int, code: str) -> web.Response:
    headers = {"WWW-Authenticate": 'Basic realm="token"'} if status == 401 else {}
    return web.json_response({"error": code}, status=status, headers=headers)


async def _read(request: web.Request, client: Client) -> Sent:
    """RFC 6749 2.3.1: the id and secret inside Basic are form-encoded, except for an IdP that does not decode."""
    form = {name: str(value) for name, value in (await request.post()).items()}
    headers = {name.lower(): value for name, value in request.headers.items()}
    auth = client.auth
    client_id, secret = form.get("client_id"), form.get("client_secret") if auth == "post" else None
    scheme, _, credentials = headers.get("authorization", "").partition(" ")
    if auth in {"basic", "basic_raw"} and scheme.lower() == "basic":
        try:
            client_id, _, secret = base64.b64decode(credentials, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            client_id = secret = None
        if auth == "basic" and client_id is not None and secret is not None:
            client_id, secret = unquote_plus(client_id), unquote_plus(secret)
    if client.auth == "private_key_jwt" and is_proof(client, form):
        secret = client.secret
    return Sent(client_id=client_id, secret=secret, form=form, headers=headers)


async def _behave(request: web.Request, manner: Manner | None, proper: web.Response) -> web.StreamResponse:
    match manner:
        case None:
            return proper
        case Delay(seconds=seconds):
            await asyncio.sleep(seconds)
            return proper
        case Answer(status=status, body=body, headers=headers):
            return web.Response(status=status, body=body, headers=headers)
        case Hang():
            await asyncio.Event().wait()
        case Slow():
            return await _trickle(request, manner)
        case Raw(data=data) if request.transport:
            request.transport.write(data)
            request.transport.close()
        case Raw() | Reset():
            if request.transport:
                request.transport.abort()
    # The connection is gone; aiohttp wants a response to write nowhere.
    return proper


async def _trickle(request: web.Request, manner: Slow) -> web.StreamResponse:
    stream = web.StreamResponse(headers={"Content-Type": "application/json"})
    await stream.prepare(request)
    written = 0
    while manner.times is None or written < manner.times:
        await stream.write(manner.chunk)
        await asyncio.sleep(manner.pause)
        written += 1
    return stream
