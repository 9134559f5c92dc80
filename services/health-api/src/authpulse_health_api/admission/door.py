"""Finds out who asks: by a bearer token of one of three sorts, or by the session that was made from one."""

import time
from math import ceil
from typing import Any, Final

from litestar.connection import ASGIConnection
from msgspec import Struct

from authpulse_contract.secret import Secret
from authpulse_health_api.admission import keys as api_keys
from authpulse_health_api.admission import oidc
from authpulse_health_api.admission.access import bearer, is_own_origin, is_token
from authpulse_health_api.admission.attempts import Attempts
from authpulse_health_api.admission.jwks import IssuerAwayError, Jwks
from authpulse_health_api.admission.principal import Principal
from authpulse_health_api.admission.sessions import read_session
from authpulse_health_api.problems import Problem, Slug

COOKIE: Final = "authpulse_session"
ADMINISTRATOR: Final = "admin"
"""The name of whoever presents the administrator's token."""
_SAFE: Final = {"GET", "HEAD", "OPTIONS"}
_CHALLENGE: Final = {"WWW-Authenticate": 'Bearer realm="authpulse"'}
_REFUSAL: Final = {"WWW-Authenticate": 'Bearer realm="authpulse", error="invalid_token"'}

Connection = ASGIConnection[Any, Any, Any, Any]


class Door(Struct, frozen=True, kw_only=True):
    """What it takes to come in. `keys` by digest; `proxies` of ours stand before us and say who the client is."""

    token: Secret
    keys: dict[str, Principal]
    attempts: Attempts
    issuer: oidc.Issuer | None = None
    issuer_keys: Jwks | None = None
    public_origin: str | None = None
    proxies: int = 0

    async def admit(self, connection: Connection) -> Principal:
        """Who asks. Raises 401, 403 where a foreign page uses the session, 429, and 503 while the issuer is away."""
        presented = bearer(connection.headers.get("authorization"))
        if presented is not None:
            return await self.prove(presented, connection)
        session = self._session(connection)
        if session is None:
            raise Problem(Slug.UNAUTHENTICATED, headers=_CHALLENGE)
        if connection.scope.get("method") not in _SAFE:
            self.check_origin(connection)
        return session

    async def prove(self, presented: str, connection: Connection) -> Principal:
        """Whose token it is. Raises 401 for nobody's, and 429 for those who have presented too many such."""
        address, now = self.address(connection), time.monotonic()
        if wait := self.attempts.wait(address, now):
            raise Problem(Slug.TOO_MANY_FAILURES, headers={"Retry-After": str(ceil(wait))})
        principal = await self._find(presented)
        if principal is None:
            self.attempts.failed(address, now)
            raise Problem(Slug.WRONG_TOKEN, headers=_REFUSAL)
        self.attempts.succeeded(address)
        return principal

    def glance(self, connection: Connection) -> Principal | None:
        """Who asks, if that shows at once; None: `admit` has to look closer. Only for requests that change nothing."""
        presented = bearer(connection.headers.get("authorization"))
        if presented is None:
            return self._session(connection)
        held_back = self.attempts.wait(self.address(connection), time.monotonic())
        return None if held_back else self._known(presented)

    def _session(self, connection: Connection) -> Principal | None:
        cookie = connection.cookies.get(COOKIE)
        session = None if cookie is None else read_session(cookie, self.token, time.time())
        return session if session is not None and self._still_known(session) else None

    def _known(self, presented: str) -> Principal | None:
        if is_token(presented, self.token):
            return Principal(name=ADMINISTRATOR, role="admin")
        return self.keys.get(api_keys.digest(presented))

    async def _find(self, presented: str) -> Principal | None:
        if known := self._known(presented):
            return known
        if self.issuer is None or self.issuer_keys is None or not oidc.looks_like_jwt(presented):
            return None
        try:
            return await oidc.verify(presented, self.issuer, self.issuer_keys)
        except IssuerAwayError:
            raise Problem(Slug.ISSUER_AWAY, headers={"Retry-After": "10"}) from None

    def _still_known(self, session: Principal) -> bool:
        """A key that was taken away takes its sessions with it, and a role too."""
        if not session.name.startswith(api_keys.ACTOR):
            return True
        return any((key.name, key.role) == (session.name, session.role) for key in self.keys.values())

    def check_origin(self, connection: Connection) -> None:
        """Raises 403 unless a page of ours sent the request."""
        if not is_own_origin(connection.headers.get("origin"), connection.headers.get("host"), self.public_origin):
            raise Problem(Slug.FOREIGN_ORIGIN)

    def address(self, connection: Connection) -> str:
        """The client's address as the outermost proxy of ours saw it; anybody may write what stands before that."""
        if self.proxies:
            written = ",".join(connection.headers.getall("x-forwarded-for", []))
            seen = [each.strip() for each in written.split(",") if each.strip()]
            if self.proxies <= len(seen):
                return seen[-self.proxies]
        return connection.client.host if connection.client else ""
