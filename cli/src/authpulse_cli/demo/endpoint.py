"""The demo IdP over HTTP: token endpoint (RFC 6749 3.2), and a sign-in page that says what it is."""

import base64
import hmac
import html
import json
from http.server import BaseHTTPRequestHandler
from typing import Final
from urllib.parse import parse_qsl, unquote_plus, urlencode, urlsplit

from authpulse_cli.demo.books import Books, Code, Reply
from authpulse_cli.demo.credentials import client_secret
from authpulse_cli.demo.fates import FATES

_CALLBACK: Final = "/api/v1/admin/oauth/callback"
_FORM_LIMIT: Final = 65536
_PAGE: Final = """<!doctype html><meta charset="utf-8"><title>authpulse demo identity provider</title>
<style>body{{font:16px system-ui;max-width:34em;margin:4em auto}}button{{font:inherit;padding:.5em 1em}}</style>
<h1>Demo identity provider</h1>
<p>This is part of the authpulse demonstration, on this machine alone. There is no account and no password.</p>
<p>Let authpulse act for <b>{client}</b>?</p><form method="post"><button>Sign in and allow</button></form>"""


class Endpoint(BaseHTTPRequestHandler):
    """One request. `books` and `key` are set on a subclass by whoever serves."""

    books: Books
    key: str
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        if url.path == "/":
            self._send(Reply(200, {"demo": "authpulse demo identity provider"}))
        elif url.path == "/authorize" and (code := _asked(url.query)):
            self._send_page(_PAGE.format(client=html.escape(code.client_id)))
        else:
            self._send(Reply(404, {"error": "not_found"}))

    def do_POST(self) -> None:
        url = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        form = dict(parse_qsl(self.rfile.read(min(length, _FORM_LIMIT)).decode(errors="replace")))
        if url.path == "/authorize" and (code := _asked(url.query)):
            state = dict(parse_qsl(url.query)).get("state", "")
            self._redirect(f"{code.redirect_uri}?{urlencode({'code': self.books.sign_in(code), 'state': state})}")
        elif url.path == "/token":
            client_id = self._client()
            refused = Reply(401, {"error": "invalid_client"}, {"WWW-Authenticate": 'Basic realm="demo"'})
            self._send(self.books.answer(client_id, form) if client_id else refused)
        else:
            self._send(Reply(404, {"error": "not_found"}))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the base class's name
        """Quiet: the refresher says what it was told."""

    def _client(self) -> str | None:
        scheme, _, encoded = (self.headers.get("Authorization") or "").partition(" ")
        try:
            decoded = base64.b64decode(encoded, validate=True).decode() if scheme.lower() == "basic" else ""
        except ValueError:
            return None
        client_id, _, secret = (unquote_plus(part) for part in decoded.partition(":"))
        known = client_id in FATES and hmac.compare_digest(secret, client_secret(self.key, client_id))
        return client_id if known else None

    def _send(self, reply: Reply) -> None:
        body = b"" if reply.body is None else json.dumps(reply.body).encode()
        self._answer(
            reply.status, body, {"Content-Type": "application/json", "Cache-Control": "no-store", **reply.headers}
        )

    def _send_page(self, page: str) -> None:
        self._answer(200, page.encode(), {"Content-Type": "text/html; charset=utf-8", "X-Frame-Options": "DENY"})

    def _redirect(self, location: str) -> None:
        self._answer(303, b"", {"Location": location})

    def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _asked(query: str) -> Code | None:
    asked = dict(parse_qsl(query))
    code = Code(asked.get("client_id", ""), asked.get("redirect_uri", ""), asked.get("code_challenge", ""))
    # A code may go nowhere but to an authpulse, or the page would send people anywhere.
    known = code.client_id in FATES and urlsplit(code.redirect_uri).path == _CALLBACK
    return code if known and asked.get("code_challenge_method") == "S256" else None
