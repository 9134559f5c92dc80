"""Follows traced events to the board: from the tick that tells of them until their rows are what is served."""

from collections.abc import Mapping
from typing import Final

from opentelemetry.trace import Span, SpanKind

from authpulse_chassis.tracing import begin
from authpulse_contract.subjects import ADVANCED
from authpulse_contract.trace import TRACES, Trace

_AT_ONCE: Final = 1000
"""Spans that are open at most; a ledger that cannot be read for long must not fill the memory."""


class Shown:
    """Spans of events that are in the ledger and not on the board yet."""

    def __init__(self) -> None:
        self._open: list[tuple[int, Span]] = []

    def told(self, position: int, headers: Mapping[str, str] | None) -> None:
        """A tick says that the ledger is at `position`, and by which traced events."""
        for traceparent in ((headers or {}).get(TRACES) or "").split(","):
            if traceparent and len(self._open) < _AT_ONCE:
                self._open.append((position, _swap(traceparent.strip())))

    def swapped(self, position: int) -> None:
        """The board is that of `position`."""
        for _, span in [one for one in self._open if one[0] <= position]:
            span.set_attribute("authpulse.board.position", position)
            span.end()
        self._open = [one for one in self._open if one[0] > position]


def _swap(traceparent: str) -> Span:
    return begin(
        "swap board",
        SpanKind.CONSUMER,
        parent=Trace(traceparent),
        attributes={
            "messaging.system": "nats",
            "messaging.operation.type": "process",
            "messaging.operation.name": "swap",
            "messaging.destination.name": ADVANCED,
        },
    )
