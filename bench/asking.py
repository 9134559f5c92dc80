"""A client that costs little: blocking sockets, a few at once, that read answers without looking at them."""

import socket
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

_BUFFER = 1 << 20


def head(path: str, headers: Mapping[str, str]) -> bytes:
    """A GET request."""
    lines = [f"GET {path} HTTP/1.1", "Host: bench", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode()


def ask_for(port: int, request: bytes, *, seconds: float, clients: int) -> list[float]:
    """The seconds that each answer took, asked for one after the other by each of `clients` for so many `seconds`."""
    with ThreadPoolExecutor(clients) as threads:
        asked = [threads.submit(_ask, port, request, seconds) for _ in range(clients)]
        return [took for one in asked for took in one.result()]


def _ask(port: int, request: bytes, seconds: float) -> list[float]:
    times: list[float] = []
    buffer = memoryview(bytearray(_BUFFER))
    with socket.create_connection(("127.0.0.1", port)) as server:
        server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        end = time.perf_counter() + seconds
        while (begun := time.perf_counter()) < end:
            server.sendall(request)
            _read(server, buffer)
            times.append(time.perf_counter() - begun)
    return times


def _read(server: socket.socket, buffer: memoryview) -> None:
    held = 0
    while True:
        held += server.recv_into(buffer[held:])
        begin = bytes(buffer[:held]).find(b"\r\n\r\n") + 4
        if begin >= 4:  # noqa: PLR2004 -- the length of what was found
            break
    left = _length(bytes(buffer[:begin])) - (held - begin)
    while left > 0:
        left -= server.recv_into(buffer, min(left, _BUFFER))


def _length(answer: bytes) -> int:
    if not answer.startswith((b"HTTP/1.1 200", b"HTTP/1.1 304")):
        raise RuntimeError(answer.decode())
    for line in answer.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return 0 if b" 304" in answer[:13] else int(line.split(b":")[1])
    return 0
