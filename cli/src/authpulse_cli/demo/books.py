"""What the demo IdP remembers while it runs: who signed in when, which code and which refresh token is good."""

import base64
import hashlib
import secrets
import threading
import time
from typing import Any

from msgspec import Struct

from authpulse_cli.demo.credentials import refresh_token, serial_of
from authpulse_cli.demo.fates import FATES, Fate, phase


class Code(Struct, frozen=True):
    """An authorization code that waits to be redeemed (RFC 6749 4.1, RFC 7636)."""

    client_id: str
    redirect_uri: str
    challenge: str


class Reply(Struct, frozen=True):
    """An answer of the token endpoint; `body` None: nothing but the status."""

    status: int
    body: dict[str, Any] | None = None
    headers: dict[str, str] = {}


INVALID_GRANT = Reply(400, {"error": "invalid_grant"})


class Books:
    """Safe for many threads. `key` makes and recognises the credentials."""

    def __init__(self, key: str) -> None:
        self._key = key
        self._lock = threading.Lock()
        self._began = dict.fromkeys(FATES, time.monotonic())
        self._latest: dict[str, int] = {}
        self._codes: dict[str, Code] = {}

    def sign_in(self, code: Code) -> str:
        """Somebody said yes: the code to redeem. The client's fate begins anew, so that a reconnect heals."""
        text = secrets.token_urlsafe(32)
        with self._lock:
            self._codes[text] = code
            self._began[code.client_id] = time.monotonic()
        return text

    def answer(self, client_id: str, form: dict[str, str]) -> Reply:
        """What the token endpoint says to the authenticated `client_id`."""
        fate = FATES[client_id]
        with self._lock:
            now = phase(fate, time.monotonic() - self._began[client_id])
            if now.status != 200:  # noqa: PLR2004 -- as in HTTP
                headers = {} if now.retry_after is None else {"Retry-After": str(now.retry_after)}
                return Reply(now.status, {"error": now.error} if now.error else None, headers)
            match form.get("grant_type"):
                case "client_credentials":
                    return self._issue(fate, refreshable=False)
                case "authorization_code":
                    return self._redeem_code(fate, form)
                case "refresh_token":
                    return self._redeem_refresh_token(fate, form)
        return Reply(400, {"error": "unsupported_grant_type"})

    def _redeem_code(self, fate: Fate, form: dict[str, str]) -> Reply:
        code = self._codes.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if code != Code(fate.client_id, form.get("redirect_uri", ""), challenge):
            return INVALID_GRANT
        return self._issue(fate, refreshable=fate.refreshable)

    def _redeem_refresh_token(self, fate: Fate, form: dict[str, str]) -> Reply:
        serial = serial_of(self._key, fate.client_id, form.get("refresh_token", ""))
        if serial is None or serial < self._latest.get(fate.client_id, serial):
            return INVALID_GRANT
        self._latest[fate.client_id] = serial
        return self._issue(fate, refreshable=True)

    def _issue(self, fate: Fate, *, refreshable: bool) -> Reply:
        body = {"access_token": f"demo-at.{secrets.token_urlsafe(24)}", "token_type": "Bearer"}
        if refreshable:
            # At least the time, so that what an earlier run of the demo issued is older.
            serial = max(self._latest.get(fate.client_id, 0) + 1, int(time.time() * 1000))
            self._latest[fate.client_id] = serial
            body["refresh_token"] = refresh_token(self._key, fate.client_id, serial)
        return Reply(200, {**body, "expires_in": fate.lifetime, "scope": "demo"})
