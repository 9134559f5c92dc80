"""`python -m authpulse_chassis.healthy`: status 0 if the service in this container is ready. An image has no curl."""

import http.client
import os
import sys
from typing import Final

from authpulse_chassis.address import host_and_port

_EVERYWHERE: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 -- what is asked when these are bound


def main() -> None:
    """Ask `/readyz` at `AUTHPULSE_PROBE`; what is missing goes to standard output, where the engine keeps it."""
    host, port = host_and_port(os.environ["AUTHPULSE_PROBE"])
    connection = http.client.HTTPConnection(_EVERYWHERE.get(host, host), port, timeout=4)
    try:
        connection.request("GET", "/readyz")
        answer = connection.getresponse()
        said = answer.read().decode()
    except OSError as failure:
        sys.exit(f"nobody answers: {failure.strerror}")
    sys.stdout.write(f"{said}\n")
    sys.exit(0 if answer.status == http.client.OK else 1)


if __name__ == "__main__":
    main()
