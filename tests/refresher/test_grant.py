"""What is stored of an answer, and of what an operator brings along."""

import json
from base64 import urlsafe_b64encode
from datetime import timedelta

import pytest
from msgspec import structs

from authpulse_contract.connections import BroughtToken
from authpulse_contract.secret import Secret
from authpulse_refresher.decision.grant import secrets_of, store_brought, store_issued
from authpulse_refresher.model import Issued, Tokens
from support.connections import CLIENT_SECRET, CONFIG, NOW, TOKENS, after, connection, machine, tokens

JWT = Secret(f"e30.{urlsafe_b64encode(json.dumps({'exp': NOW.timestamp() + 90}).encode()).decode()}.s")
BARE = Issued(access_token=Secret("at-new"))


@pytest.mark.parametrize(
    ("issued", "before", "life"),
    [
        (structs.replace(BARE, expires_in=60.0), TOKENS, 60),
        (Issued(access_token=JWT, expires_in=60.0), TOKENS, 60),
        (Issued(access_token=JWT), TOKENS, 90),
        (BARE, tokens(lifetime=timedelta(minutes=20)), 1200),
        (BARE, tokens(lifetime=None), 1800),
        (BARE, None, 1800),
    ],
)
def test_a_life_is_what_the_answer_says_else_the_jwt_else_the_last_known_else_the_default(
    issued: Issued, before: Tokens | None, life: int
) -> None:
    subject = connection(oauth=structs.replace(CONFIG, default_lifetime=1800.0))
    stored = store_issued(issued, before, subject, now=NOW)
    assert (stored.expires_at, stored.lifetime) == (after(seconds=life), timedelta(seconds=life))


def test_a_new_grant_inherits_nothing_from_the_old_one() -> None:
    stored = store_issued(BARE, None, connection(), now=NOW)
    assert stored == Tokens(access_token=Secret("at-new"), expires_at=after(hours=1), lifetime=timedelta(hours=1))


@pytest.mark.parametrize(
    ("scope", "shown"),
    [
        (None, "read"),
        ("read write", "read write"),
        ("https://idp.example/drive openid", "openid https://idp.example/drive"),
        ("openid https://evil.example/", "openid (redacted: URL-shaped content)"),
        ("rt-old at-new client-secret extra", "*** extra"),
        ("\u202e", "read"),
    ],
)
def test_a_scope_is_safe_to_show_and_a_declared_one_stays_even_where_it_is_a_url(scope: str | None, shown: str) -> None:
    subject = connection(oauth=structs.replace(CONFIG, scopes=("openid", "https://idp.example/drive")))
    stored = store_issued(structs.replace(BARE, scope=scope), TOKENS, subject, now=NOW)
    assert stored.scope == shown


@pytest.mark.parametrize(
    ("brought", "stored"),
    [
        (
            BroughtToken(refresh_token=Secret("rt"), refresh_expires_in=60.0),
            Tokens(
                refresh_token=Secret("rt"), refresh_expires_at=after(seconds=60), refresh_lifetime=timedelta(seconds=60)
            ),
        ),
        (
            BroughtToken(refresh_token=Secret("rt"), access_token=Secret("at"), expires_in=0.0),
            Tokens(refresh_token=Secret("rt"), access_token=Secret("at"), expires_at=NOW),
        ),
        (
            BroughtToken(refresh_token=Secret("rt"), refresh_expires_in=0.0),
            Tokens(refresh_token=Secret("rt"), refresh_expires_at=NOW),
        ),
        (
            BroughtToken(access_token=Secret("at"), expires_in=5.0, refresh_expires_in=60.0),
            Tokens(access_token=Secret("at"), expires_at=after(seconds=5), lifetime=timedelta(seconds=5)),
        ),
        (
            BroughtToken(access_token=JWT),
            Tokens(access_token=JWT, expires_at=after(seconds=90), lifetime=timedelta(seconds=90)),
        ),
        (
            BroughtToken(access_token=Secret("at")),
            Tokens(access_token=Secret("at"), expires_at=after(hours=1), lifetime=timedelta(hours=1)),
        ),
    ],
)
def test_a_brought_token_is_stored_as_its_operator_says(brought: BroughtToken, stored: Tokens) -> None:
    assert store_brought(brought, connection(), now=NOW) == stored


def test_a_client_of_its_own_brings_no_refresh_token() -> None:
    brought = BroughtToken(refresh_token=Secret("rt"), access_token=Secret("at"), expires_in=5.0)
    stored = store_brought(brought, machine(), now=NOW)
    assert stored == Tokens(access_token=Secret("at"), expires_at=after(seconds=5), lifetime=timedelta(seconds=5))


def test_tokens_for_a_connection_without_oauth_are_a_bug() -> None:
    with pytest.raises(ValueError, match=r"^tokens for a connection without OAuth$"):
        store_issued(BARE, None, connection(oauth=None), now=NOW)
    with pytest.raises(ValueError, match=r"^tokens for a connection without OAuth$"):
        store_brought(BroughtToken(), connection(oauth=None), now=NOW)


def test_every_secret_of_a_connection_is_known_for_masking() -> None:
    assert secrets_of(connection()) == (CLIENT_SECRET, Secret("at-old"), Secret("rt-old"))
    assert secrets_of(connection(client_secret=None, tokens=tokens(access_token=None))) == (Secret("rt-old"),)
    assert secrets_of(connection(tokens=None)) == (CLIENT_SECRET,)
