"""The keys that an OIDC issuer signs with: fetched when needed, kept while it is away, fetched anew when it rotates."""

import asyncio
import logging
import time
from collections.abc import Callable
from http.client import HTTPMessage
from typing import IO, Any, Final
from urllib.error import URLError
from urllib.request import HTTPRedirectHandler, Request, build_opener

import jwt
import msgspec

_FRESH: Final = 600.0
"""Seconds after which the keys are fetched again."""
_KEPT: Final = 86_400.0
"""Seconds for which keys are used while the issuer is away."""
_PAUSE: Final = 10.0
"""Seconds between two fetches at least, however many unknown keys are asked for."""
_PATIENCE: Final = 5.0
_LIMIT: Final = 1 << 20

_log = logging.getLogger(__name__)


class IssuerAwayError(Exception):
    """The issuer's keys cannot be had and none are in memory."""


class Jwks:
    """The key set of `issuer`, found by its metadata (OpenID Connect Discovery 4) or at `url`. `clock` in seconds."""

    def __init__(self, issuer: str, url: str | None, clock: Callable[[], float] = time.monotonic) -> None:
        self._issuer, self._url, self._clock = issuer, url, clock
        self._keys: dict[str | None, jwt.PyJWK] = {}
        self._fetched_at = self._tried_at = float("-inf")
        self._fetching = asyncio.Lock()

    async def key(self, key_id: str | None) -> jwt.PyJWK | None:
        """The key of this id, or the only one there is where no id is given; None: there is none.

        Raises `IssuerAwayError`.
        """
        async with self._fetching:
            age = self._clock() - self._fetched_at
            if age > _FRESH or self._find(key_id) is None:
                await self._fetch()
            if self._clock() - self._fetched_at > _KEPT:
                raise IssuerAwayError
            return self._find(key_id)

    def _find(self, key_id: str | None) -> jwt.PyJWK | None:
        if key_id is None and len(self._keys) == 1:
            return next(iter(self._keys.values()))
        return self._keys.get(key_id)

    async def _fetch(self) -> None:
        if self._clock() - self._tried_at < _PAUSE:
            return
        self._tried_at = self._clock()
        try:
            found = await asyncio.to_thread(self._download)
        except (OSError, URLError, ValueError, KeyError, jwt.PyJWKSetError, msgspec.MsgspecError) as failure:
            _log.warning("the issuer's keys cannot be fetched", extra={"reason": type(failure).__name__})
            return
        self._keys, self._fetched_at = found, self._clock()

    def _download(self) -> dict[str | None, jwt.PyJWK]:
        url = self._url or str(_get(f"{self._issuer.rstrip('/')}/.well-known/openid-configuration")["jwks_uri"])
        return {key.key_id: key for key in jwt.PyJWKSet.from_dict(_get(url)).keys}


class _NoRedirects(HTTPRedirectHandler):
    def redirect_request(  # noqa: PLR0913, PLR0917 -- the base class's
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> None:
        del req, fp, code, msg, headers, newurl


def _get(url: str) -> dict[str, Any]:
    if not url.startswith(("https://", "http://")):
        raise ValueError("not a web address")
    with build_opener(_NoRedirects).open(url, timeout=_PATIENCE) as answer:
        return msgspec.json.decode(answer.read(_LIMIT), type=dict[str, Any])
