"""Structured logs: one JSON object a line on standard error."""

import logging

from opentelemetry.trace import format_span_id, format_trace_id, get_current_span
from pythonjsonlogger.json import JsonFormatter


def configure_logs(service: str, level: str = "INFO") -> None:
    """Send the log of this process to standard error as JSON lines: time, level, logger, message, service, extras.

    What is logged within a span has its `trace_id` and `span_id` too.

    What a stranger sent must be sanitised before it is logged; a `Secret` shows as `***`.
    """
    handler = logging.StreamHandler()
    handler.addFilter(_name_span)
    handler.setFormatter(
        JsonFormatter(
            "%(asctime)s %(levelname)s %(name)s %(message)s",
            rename_fields={"asctime": "time", "levelname": "level", "name": "logger"},
            static_fields={"service": service},
            datefmt="%Y-%m-%dT%H:%M:%S%z",
        )
    )
    logging.basicConfig(level=level, handlers=[handler], force=True)


def _name_span(record: logging.LogRecord) -> bool:
    context = get_current_span().get_span_context()
    if context.is_valid:
        record.trace_id, record.span_id = format_trace_id(context.trace_id), format_span_id(context.span_id)
    return True
