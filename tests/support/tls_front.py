"""PostgreSQL with TLS, where the server at hand was built without: the handshake is done here, the rest passed on."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Thread
from typing import Final

_SSL_REQUEST: Final = bytes.fromhex("0000000804d2162f")
"""Length 8 and the number that stands for it (PostgreSQL's protocol, "SSLRequest")."""


class _Server(ThreadingTCPServer):
    daemon_threads = True


@contextmanager
def tls_front(port: int, certificate: Path, *, willing: bool = True) -> Iterator[int]:
    """The port of it, before the server on loopback `port`; if it is not `willing` it says that it has no TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    class Handler(BaseRequestHandler):
        def handle(self) -> None:
            guest: socket.socket = self.request
            if guest.recv(len(_SSL_REQUEST), socket.MSG_WAITALL) != _SSL_REQUEST:
                return
            guest.sendall(b"S" if willing else b"N")
            # Who wants TLS and is refused, or does not trust the certificate, goes away.
            with suppress(OSError):
                inside = context.wrap_socket(guest, server_side=True) if willing else guest
                with inside, socket.create_connection(("127.0.0.1", port)) as server:
                    answering = Thread(target=_copy, args=(server, inside), daemon=True)
                    answering.start()
                    _copy(inside, server)
                    answering.join()

    with _Server(("127.0.0.1", 0), Handler) as front:
        serving = Thread(target=front.serve_forever, kwargs={"poll_interval": 0.05})
        serving.start()
        try:
            yield front.server_address[1]
        finally:
            front.shutdown()
            serving.join()


def _copy(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while some := source.recv(65536):
            sink.sendall(some)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)
