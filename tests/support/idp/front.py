"""What the IdP has beside its token endpoint: where people are sent, where tokens are revoked, and its metadata."""

from collections.abc import Mapping
from urllib.parse import urlencode

from aiohttp import web

from support.idp.books import Client, Code


class Front:
    """RFC 6749 4.1.1 with PKCE (everybody consents at once), RFC 7009, RFC 8414."""

    def __init__(self, clients: Mapping[str, Client]) -> None:
        self._clients = clients

    async def authorize(self, request: web.Request) -> web.Response:
        client, asked = self._clients[request.match_info["number"]], request.query
        if asked["client_id"] != client.client_id or asked["code_challenge_method"] != "S256":
            return web.Response(status=400)
        code = Code(redirect_uri=asked["redirect_uri"], challenge=asked["code_challenge"], scope=asked.get("scope", ""))
        proper = {"code": client.new_code(code), "state": asked["state"]} | (
            {"iss": client.issuer} if client.iss else {}
        )
        answer = {name: value for name, value in (proper | client.answer_authorization).items() if value}
        raise web.HTTPFound(f"{asked['redirect_uri']}?{urlencode(answer)}")

    async def revoke(self, request: web.Request) -> web.Response:
        client, form = self._clients[request.match_info["number"]], await request.post()
        if client.refuses_revocation:
            return web.json_response({"error": "unsupported_token_type"}, status=400)
        client.revoked.append(str(form["token"]))
        return web.Response()

    async def metadata(self, request: web.Request) -> web.Response:
        client = self._clients[request.match_info["number"]]
        return web.json_response(
            {
                "issuer": client.issuer,
                "token_endpoint": client.token_url,
                "authorization_endpoint": client.authorization_url,
                "revocation_endpoint": client.revocation_url,
                "authorization_response_iss_parameter_supported": client.iss,
            }
        )
