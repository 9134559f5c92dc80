"""An OIDC issuer on loopback: metadata, a key set that rotates, and tokens signed with real keys."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


class Issuer:
    """Signs with its newest key and publishes those in `published`."""

    def __init__(self) -> None:
        self.fetches = 0
        self.away = False
        self._keys: dict[str, PrivateKey] = {}
        self.published: list[str] = []
        self.rotate()
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                pages = {"/.well-known/openid-configuration": issuer.metadata, "/keys": issuer.keys}
                if issuer.away or self.path not in pages:
                    self.send_error(503)
                    return
                body = json.dumps(pages[self.path]()).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Nobody reads it."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def rotate(self) -> None:
        """A new key, and only that one is published."""
        number = len(self._keys)
        new = ec.generate_private_key(ec.SECP256R1()) if number % 2 else rsa.generate_private_key(65537, 2048)
        self._keys[str(number)] = new
        self.published = [str(number)]

    def metadata(self) -> dict[str, Any]:
        return {"issuer": self.url, "jwks_uri": f"{self.url}/keys"}

    def keys(self) -> dict[str, Any]:
        self.fetches += 1
        return {"keys": [self._public(key_id) for key_id in self.published]}

    def _public(self, key_id: str) -> dict[str, Any]:
        key = self._keys[key_id]
        if isinstance(key, rsa.RSAPrivateKey):
            return {**jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key(), as_dict=True), "kid": key_id, "alg": "RS256"}
        return {**jwt.algorithms.ECAlgorithm.to_jwk(key.public_key(), as_dict=True), "kid": key_id, "alg": "ES256"}

    def token(self, *, life: float = 300.0, key_id: str | None = None, **claims: Any) -> str:
        """Signed with the newest key, or the one named; a claim of None is left out."""
        key_id = key_id or str(len(self._keys) - 1)
        key = self._keys[key_id]
        usual: dict[str, Any] = {
            "iss": self.url,
            "aud": "authpulse",
            "sub": "ada",
            "exp": time.time() + life,
            "roles": ["authpulse-admin"],
        }
        told = {name: value for name, value in (usual | claims).items() if value is not None}
        algorithm = "RS256" if isinstance(key, rsa.RSAPrivateKey) else "ES256"
        return jwt.encode(told, key, algorithm=algorithm, headers={"kid": key_id})


@contextmanager
def running_issuer() -> Iterator[Issuer]:
    issuer = Issuer()
    thread = threading.Thread(target=issuer.server.serve_forever)
    thread.start()
    try:
        yield issuer
    finally:
        issuer.server.shutdown()
        issuer.server.server_close()
        thread.join()
