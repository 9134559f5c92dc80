"""`python -m authpulse_health_api.print_document` prints the OpenAPI document; nothing is connected to."""

import sys

from authpulse_chassis.bus import BusSettings, access_of
from authpulse_contract.secret import Secret
from authpulse_health_api.acting.addresses import Addresses
from authpulse_health_api.admission.attempts import Attempts
from authpulse_health_api.admission.door import Door
from authpulse_health_api.api import Parts, make_routes
from authpulse_health_api.document import describe
from authpulse_health_api.reading.broadcast import Broadcast
from authpulse_health_api.upstream.commands import Commands
from authpulse_health_api.upstream.ledger import pool
from authpulse_health_api.upstream.watch import Watch


def document() -> bytes:
    """The document of the routes as they are."""
    ledger = pool("")
    watch = Watch(ledger)
    parts = Parts(
        watch=watch,
        broadcast=Broadcast(watch),
        ledger=ledger,
        commands=Commands(access_of(BusSettings())),
        addresses=Addresses(None, ""),
        door=Door(token=Secret(""), keys={}, attempts=Attempts(1)),
    )
    return describe(make_routes(parts))


if __name__ == "__main__":
    sys.stdout.buffer.write(document())
