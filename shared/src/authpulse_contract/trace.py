"""Where in a distributed trace something happened, as messages carry it: W3C Trace Context."""

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

TRACEPARENT: Final = "traceparent"
TRACESTATE: Final = "tracestate"
TRACES: Final = "Authpulse-Traces"
"""The header of a tick: a `traceparent` for each traced event that the ledger has since, with commas between."""


class Trace(Struct, frozen=True):
    """The two headers of W3C Trace Context: which span something belongs to, and what its tracers add to that."""

    traceparent: str
    tracestate: str | None = None


def trace_headers(trace: Trace | None, prefix: str = "") -> dict[str, str]:
    """The headers that carry `trace` on, their names after `prefix`; none without a trace."""
    if trace is None:
        return {}
    found = {prefix + TRACEPARENT: trace.traceparent}
    return found | {prefix + TRACESTATE: trace.tracestate} if trace.tracestate else found


def trace_in(headers: Mapping[str, str] | None) -> Trace | None:
    """The trace that the headers of a command carry; their names are case-insensitive. It is for a tracer to check."""
    found = {name.lower(): value for name, value in (headers or {}).items()}
    parent = found.get(TRACEPARENT)
    return None if parent is None else Trace(parent, found.get(TRACESTATE))
