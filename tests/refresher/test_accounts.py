"""Who an ID token says has signed in, and when it must not be believed."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authpulse_refresher.connecting.accounts import Account, account_of
from authpulse_refresher.model import Answer, NoAnswer
from support.connections import NOW

CLAIMS = {"iss": "https://idp.example", "sub": "ada", "aud": "crm", "exp": NOW.timestamp() + 60}
ADA = Account(issuer="https://idp.example", subject="ada")


def token(claims: object) -> str:
    body = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    return f"e30.{body}.c2ln"


def said(id_token: object, issuer: str | None = None) -> Any:
    answer = Answer(status=200, headers={}, body=json.dumps({"access_token": "at", "id_token": id_token}).encode())
    return account_of(answer, client_id="crm", issuer=issuer, now=NOW)


@pytest.mark.parametrize(
    ("claims", "issuer", "account"),
    [
        ({}, None, ADA),
        ({}, "https://idp.example", ADA),
        ({"aud": ["other", "crm"], "azp": "crm"}, None, ADA),
        ({"exp": NOW.timestamp() - 200}, None, ADA),
        ({}, "https://idp.example/", "bad"),
        ({"iss": None}, None, "bad"),
        ({"sub": ""}, None, "bad"),
        ({"sub": 7}, None, "bad"),
        ({"aud": "other"}, None, "bad"),
        ({"aud": []}, None, "bad"),
        ({"aud": ["crm", "other"], "azp": "other"}, None, "bad"),
        ({"exp": NOW.timestamp() - 300}, None, "bad"),
        ({"exp": True}, None, "bad"),
        ({"exp": "soon"}, None, "bad"),
    ],
)
def test_an_id_token_counts_where_it_is_for_this_client_from_this_issuer_and_of_now(
    claims: dict[str, Any], issuer: str | None, account: object
) -> None:
    assert said(token(CLAIMS | claims), issuer) == account


@pytest.mark.parametrize("id_token", [None, 7, "", "a.b", "a.%%%.c", "a.b.c.d.e", "e30.W10.c2ln", "e30.\u00ff.c2ln"])
def test_what_is_no_id_token_discloses_nobody(id_token: object) -> None:
    assert said(id_token) is None
    assert account_of(NoAnswer(cause="dns", sent=False), client_id="crm", issuer=None, now=NOW) is None


@given(st.text(max_size=60))
def test_no_text_makes_it_raise(text: str) -> None:
    assert said(text) in (None, "bad") or isinstance(said(text), Account)
