"""Checks what a client with `private_key_jwt` brings, with another library than the one that signed (RFC 7523 3)."""

import json
import time

from jwcrypto.common import JWException
from jwcrypto.jwk import JWK
from jwcrypto.jws import JWS

from support.idp.books import Client


def is_proof(client: Client, form: dict[str, str]) -> bool:
    """Whether the assertion is the client's, for this endpoint, fresh, and never seen before."""
    if form.get("client_assertion_type") != "urn:ietf:params:oauth:client-assertion-type:jwt-bearer":
        return False
    assertion = JWS()
    try:
        assertion.deserialize(form.get("client_assertion", ""), JWK.from_pem(client.public_key))
    except JWException:
        return False
    claims = json.loads(assertion.payload)
    fresh = claims["iat"] - 5 <= time.time() < claims["exp"] <= claims["iat"] + 300
    first = claims["jti"] not in client.assertions
    client.assertions.add(claims["jti"])
    who = claims["iss"] == claims["sub"] == client.client_id
    return fresh and first and who and claims["aud"] == client.token_url
