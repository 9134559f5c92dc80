"""Which IdP an endpoint belongs to, and whether it is this very machine."""

from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


def idp_host(url: str) -> str | None:
    """The host of `url` in lower case, with its port where that is not the scheme's own; None: there is no host."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    if not host:
        return None
    shown = f"[{host}]" if ":" in host else host
    return shown if port is None or port == _DEFAULT_PORTS.get(parts.scheme) else f"{shown}:{port}"


def is_loopback(host: str) -> bool:
    """Whether `host` (a name or an address, without brackets or port) never leaves the machine (RFC 6761 6.3)."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
