"""Reads HOST:PORT."""

from urllib.parse import urlsplit


def host_and_port(text: str) -> tuple[str, int]:
    """The parts of HOST:PORT, where an IPv6 address stands in brackets. Raises `ValueError`."""
    parts = urlsplit(f"//{text}")
    if not parts.hostname or not parts.port or parts.path or parts.query or parts.fragment or parts.username:
        raise ValueError(text)
    return parts.hostname, parts.port
