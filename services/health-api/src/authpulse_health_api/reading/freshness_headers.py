"""How the document describes the headers that tell how old an answer's rows are."""

from typing import Final

from litestar.datastructures import ResponseHeader

FRESHNESS: Final = (
    ResponseHeader(
        name="Age",
        description="Seconds since these rows were last known to hold all that had happened; one or two are usual.",
        documentation_only=True,
        required=True,
    ),
    ResponseHeader(
        name="Authpulse-Away",
        description="Who keeps newer news, only while the rows are old: `ledger`, `nats`, `event-store`, `refresher` "
        "(then no token is refreshed either) or `vault`; several with commas.",
        documentation_only=True,
    ),
)
