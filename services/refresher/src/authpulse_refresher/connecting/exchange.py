"""Exchanges a code for tokens (RFC 6749 4.1.3): the same proof of the client, wire and bounds as a refresh."""

from datetime import datetime

import httpx
from msgspec import Struct

from authpulse_contract.secret import Secret
from authpulse_refresher.connecting.accounts import Account, account_of
from authpulse_refresher.decision.conclude import host_of
from authpulse_refresher.decision.grant import secrets_of
from authpulse_refresher.decision.signing_in import Fault, SignIn
from authpulse_refresher.model import Answer, Connection, Issued, NoAnswer
from authpulse_refresher.provider.idp import send
from authpulse_refresher.provider.token_request import code_request
from authpulse_refresher.provider.wire import Wires
from authpulse_refresher.verdict.classify import classify


class Exchanged(Struct, frozen=True, kw_only=True):
    """What is sent for the tokens of a sign-in, each good once."""

    code: Secret
    verifier: Secret


class Signed(Struct, frozen=True, kw_only=True):
    """Somebody signed in, as the answer that came `at` this time says; `account` None: the IdP does not say who."""

    at: datetime
    issued: Issued
    account: Account | None


async def exchange(
    wires: Wires, connection: Connection, sign_in: SignIn, sent: Exchanged, *, deadline: float
) -> tuple[Answer | NoAnswer, int]:
    """What the IdP answers to the code, as from `send`; it is asked once, whatever comes of it."""
    oauth = connection.oauth
    assert oauth is not None, "else the sign-in is void"  # noqa: S101 -- a bug, not an outcome

    def request() -> httpx.Request:
        return code_request(oauth, connection.client_secret, sent.code, sign_in.redirect_uri, sent.verifier)

    return await send(wires, request, oauth, deadline=deadline)


def understood(
    answer: Answer | NoAnswer, connection: Connection, sign_in: SignIn, sent: Exchanged, *, now: datetime
) -> Signed | Fault:
    """What the answer, which came at `now`, makes of the sign-in."""
    oauth = connection.oauth
    if oauth is None:
        return Fault(cause="connection_changed")
    verdict = classify(
        answer,
        idp_host=host_of(connection),
        terminal_codes=oauth.terminal_codes,
        secrets=(*secrets_of(connection), sent.code, sent.verifier),
        now=now,
    )
    if not isinstance(verdict, Issued):
        answered = verdict.http_status is not None
        return Fault(
            cause="code_refused" if answered else "no_answer", code=verdict.code, http_status=verdict.http_status
        )
    account = account_of(answer, client_id=oauth.client_id, issuer=sign_in.issuer, now=now)
    if account == "bad":
        return Fault(cause="bad_id_token", http_status=verdict.http_status)
    return Signed(at=now, issued=verdict, account=account)
