"""What stands before two replicas: each new connection goes to the one that is in service."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Thread


class Balancer(ThreadingTCPServer):
    """`target` is the port of the replica in service; connections that exist stay where they are."""

    daemon_threads = True

    def __init__(self, target: int) -> None:
        super().__init__(("127.0.0.1", 0), _Guest)
        self.target = target
        self.url = f"http://127.0.0.1:{self.server_address[1]}"


class _Guest(BaseRequestHandler):
    def handle(self) -> None:
        assert isinstance(self.server, Balancer)
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.server.target)) as replica:
            asking = Thread(target=_copy, args=(self.request, replica), daemon=True)
            asking.start()
            _copy(replica, self.request)


def _copy(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while some := source.recv(65536):
            sink.sendall(some)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


@contextmanager
def balancing(target: int) -> Iterator[Balancer]:
    with Balancer(target) as balancer:
        serving = Thread(target=balancer.serve_forever, kwargs={"poll_interval": 0.05})
        serving.start()
        try:
            yield balancer
        finally:
            balancer.shutdown()
            serving.join()
