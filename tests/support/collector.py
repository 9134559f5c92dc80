"""A collector of traces that speaks OTLP over HTTP: takes all, or hangs, or refuses."""

import gzip
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

Manner = Literal["takes", "hangs", "refuses"]


class Span:
    """One span as it was sent, and the service that sent it."""

    def __init__(self, service: str, sent: Any) -> None:
        self.service, self.name = service, str(sent.name)
        self.trace_id, self.span_id = sent.trace_id.hex(), sent.span_id.hex()
        self.parent_id: str | None = sent.parent_span_id.hex() or None
        self.kind = int(sent.kind)
        self.failed = sent.status.code == sent.status.STATUS_CODE_ERROR
        self.began, self.ended = sent.start_time_unix_nano, sent.end_time_unix_nano
        self.attributes: dict[str, object] = {
            one.key: getattr(one.value, one.value.WhichOneof("value")) for one in sent.attributes
        }

    def __repr__(self) -> str:
        return f"<{self.service}: {self.name} {self.attributes}>"


class Collector:
    """What was sent so far: decoded in `spans`, and as it came in `bodies` and `headers`."""

    def __init__(self, host: str) -> None:
        self.manner: Manner = "takes"
        self.spans: list[Span] = []
        self.bodies: list[bytes] = []
        self.headers: list[dict[str, str]] = []
        self.asked = 0
        self.released = threading.Event()
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                collector.asked += 1
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if collector.manner == "hangs":
                    collector.released.wait(120)
                    return
                if collector.manner == "takes" and self.path == "/v1/traces":
                    is_packed = self.headers.get("Content-Encoding") == "gzip"
                    collector.take(gzip.decompress(body) if is_packed else body, dict(self.headers))
                self.send_response(200 if collector.manner == "takes" else 503)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Nobody reads it."""

        self.server = ThreadingHTTPServer((host, 0), Handler)
        self.url = f"http://{host}:{self.server.server_port}"

    def take(self, body: bytes, headers: dict[str, str]) -> None:
        sent = ExportTraceServiceRequest.FromString(body)
        self.bodies.append(body)
        self.headers.append(headers)
        for resource in sent.resource_spans:
            named = {one.key: one.value.string_value for one in resource.resource.attributes}
            for scope in resource.scope_spans:
                self.spans += [Span(named["service.name"], span) for span in scope.spans]

    def environ(self) -> dict[str, str]:
        """What a service is told so that it sends its spans here, soon."""
        return {"OTEL_EXPORTER_OTLP_ENDPOINT": self.url, "OTEL_BSP_SCHEDULE_DELAY": "100"}

    def trace(self, trace_id: str) -> list[Span]:
        """The spans of one trace, in the order in which they began."""
        return sorted((span for span in self.spans if span.trace_id == trace_id), key=lambda span: span.began)

    def find(self, service: str, name: str, **attributes: object) -> Span | None:
        """The first span by that name; `attributes` with `_` for the dots after `authpulse.`."""
        wanted = {"authpulse." + key.replace("_", ".", 1): value for key, value in attributes.items()}
        return next(
            (
                span
                for span in list(self.spans)
                if (span.service, span.name) == (service, name) and wanted.items() <= span.attributes.items()
            ),
            None,
        )

    def until(self, service: str, name: str, *, seconds: float = 30.0, **attributes: object) -> Span:
        """That span, once it has come."""
        deadline = time.monotonic() + seconds
        while (found := self.find(service, name, **attributes)) is None:
            assert time.monotonic() < deadline, f"no {name} of {service} came within {seconds} s; {self.spans}"
            time.sleep(0.05)
        return found


@contextmanager
def running_collector(host: str = "127.0.0.1") -> Iterator[Collector]:
    """At this address of ours, until the end."""
    collector = Collector(host)
    thread = threading.Thread(target=collector.server.serve_forever)
    thread.start()
    try:
        yield collector
    finally:
        collector.released.set()
        collector.server.shutdown()
        collector.server.server_close()
        thread.join()
