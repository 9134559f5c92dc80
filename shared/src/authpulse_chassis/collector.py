"""Sends spans to a collector, if the environment names one in OpenTelemetry's own variables (OTLP over HTTP)."""

import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from authpulse_chassis.settings import SettingsError, text_of
from authpulse_chassis.tracing import trace_with

_ENDPOINTS: Final = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_PROTOCOLS: Final = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
_HEADERS: Final = ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS")
_EXPORTER: Final = "OTEL_TRACES_EXPORTER"
_LAST_SPANS: Final = 3.0
"""Seconds that the last spans get: a collector that hangs must not keep a process from ending."""


@contextmanager
def collecting(service: str, environ: Mapping[str, str] = os.environ) -> Iterator[None]:
    """Trace meanwhile, if the environment asks for it; what is left at the end is sent within 3 s, or not at all.

    Raises `SettingsError`: a variable asks for what cannot be done here.
    """
    if not _is_wanted(environ):
        yield
        return
    provider = _provider(service, environ)
    trace_with(provider)
    try:
        yield
    finally:
        trace_with(None)
        closing = threading.Thread(target=provider.shutdown, daemon=True)
        closing.start()
        closing.join(_LAST_SPANS)


def _is_wanted(environ: Mapping[str, str]) -> bool:
    exporter = environ.get(_EXPORTER, "")
    if exporter not in {"", "none", "otlp"}:
        raise SettingsError(f"{_EXPORTER} cannot be used. It should be otlp or none.")
    if environ.get("OTEL_SDK_DISABLED", "").lower() == "true" or exporter == "none":
        return False
    return exporter == "otlp" or any(environ.get(name) for name in _ENDPOINTS)


def _provider(service: str, environ: Mapping[str, str]) -> Any:
    for variable in _PROTOCOLS:
        if environ.get(variable, "http/protobuf") != "http/protobuf":
            raise SettingsError(f"{variable} cannot be used. It should be http/protobuf.")
    try:
        # Here and not above: it takes a third of a second, and may be absent where nothing is to be traced.
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415
        from opentelemetry.sdk.resources import OTELResourceDetector, Resource  # noqa: PLC0415
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415
        from opentelemetry.util.re import parse_env_headers  # noqa: PLC0415
    except ImportError:
        raise SettingsError(
            "A collector is named, but what sends to it is not installed. Install authpulse-contract[tracing], "
            "or set OTEL_SDK_DISABLED=true."
        ) from None
    headers = next((text for name in _HEADERS if (text := text_of(name, environ)) is not None), "")
    named = {"service.namespace": "authpulse", "service.name": f"authpulse-{service}"}
    provider = TracerProvider(
        # What the environment says of the resource comes first; the sampler and the batches it says by itself.
        resource=Resource.create({**named, **OTELResourceDetector().detect().attributes}),
        shutdown_on_exit=False,
    )
    exporter = OTLPSpanExporter(headers=parse_env_headers(headers, liberal=True) if headers else None)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    return provider
