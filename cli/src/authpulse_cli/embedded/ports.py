"""Loopback ports: one that is free, whether one is taken, whether somebody greets there."""

import socket
from contextlib import closing


def free_port() -> int:
    """A TCP port on loopback that was free a moment ago."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def taken(host: str, port: int) -> str | None:
    """Why nobody can listen on `host`:`port` now, None if one can."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with closing(socket.socket(family, kind, protocol)) as probe:
            # As servers do: a port whose last connections are in TIME_WAIT counts as free.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as failure:
        return failure.strerror or str(failure)
    return None


def greets(port: int, greeting: bytes) -> bool:
    """Whether a server on loopback `port` opens the conversation with `greeting`, within half a second."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=0.5) as connection:
            return connection.recv(len(greeting), socket.MSG_WAITALL) == greeting
    except OSError:
        return False
