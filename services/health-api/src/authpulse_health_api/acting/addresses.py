"""Where this service is found from outside: from its settings, never from what a request says of itself."""

from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from authpulse_contract.secret import Secret
from authpulse_health_api.problems import Problem, Slug

CALLBACK: Final = "/api/v1/admin/oauth/callback"
OWNERS: Final = "/reconnect"


class Addresses:
    """`public_url` is the configured one; without it, `http` (HOST:PORT served at) is what browsers use."""

    def __init__(self, public_url: str | None, http: str) -> None:
        self._base = public_url.rstrip("/") if public_url is not None else _served_at(http)

    @property
    def is_https(self) -> bool:
        return self._base is not None and self._base.lower().startswith("https:")

    @property
    def redirect_uri(self) -> str:
        """Where IdPs send browsers back to. Raises `Problem`: nobody has said where this is."""
        return self._known() + CALLBACK

    def of_link(self, link: Secret) -> str:
        """The page that `link` opens. Raises `Problem`, as `redirect_uri`."""
        return f"{self._known()}{OWNERS}/{link.reveal()}"

    def _known(self) -> str:
        if self._base is None:
            raise Problem(Slug.CONFLICT, "Set AUTHPULSE_PUBLIC_URL: nobody can be sent back to an unspecified address.")
        return self._base


def _served_at(http: str) -> str | None:
    host = urlsplit(f"//{http}").hostname or ""
    try:
        unspecified = ip_address(host).is_unspecified
    except ValueError:
        unspecified = not host
    return None if unspecified else f"http://{http}"
