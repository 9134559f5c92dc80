"""Structured logs: one JSON object a line on standard error, whoever writes it and however the process ends."""

import logging
import sys
import threading
from types import TracebackType
from typing import Any, Final

from opentelemetry.trace import format_span_id, format_trace_id, get_current_span
from pythonjsonlogger.json import JsonFormatter

from authpulse_chassis.redact import frames, redact

_WRITTEN_BY_OTHERS: Final = ("message", "exc_info")

_log = logging.getLogger(__name__)


def configure_logs(service: str, level: str = "INFO") -> None:
    """Send the log of this process to standard error as JSON lines: time, level, logger, message, service, extras.

    What is logged within a span has its `trace_id` and `span_id` too. What a stranger sent must be sanitised before it
    is logged; a `Secret` shows as `***`, and an exception without its text.
    """
    handler = logging.StreamHandler()
    handler.addFilter(_name_span)
    handler.setFormatter(
        _Lines(
            "%(asctime)s %(levelname)s %(name)s %(message)s",
            rename_fields={"asctime": "time", "levelname": "level", "name": "logger"},
            static_fields={"service": service},
            datefmt="%Y-%m-%dT%H:%M:%S%z",
        )
    )
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.captureWarnings(capture=True)
    sys.excepthook = _on_end
    threading.excepthook = lambda end: _on_end(end.exc_type, end.exc_value, end.exc_traceback)


class _Lines(JsonFormatter):
    def formatException(self, ei: Any) -> str:  # noqa: N802 -- logging calls it
        return frames(ei[1]) if ei[1] else ""

    def process_log_record(self, log_data: dict[str, Any]) -> dict[str, Any]:
        for member in _WRITTEN_BY_OTHERS:
            if member in log_data:
                log_data[member] = redact(str(log_data[member]))
        if log_data["logger"] == "asyncio":
            # What follows is the `repr` of a task or future, with the text of what it raised.
            log_data["message"] = log_data["message"].partition("\n")[0]
        return log_data


def _on_end(kind: type[BaseException], failure: BaseException | None, trace: TracebackType | None) -> None:
    """What nobody caught ends the process, or a thread."""
    if failure is not None and not issubclass(kind, KeyboardInterrupt):
        _log.critical("failed for want of a handler: %s", kind.__qualname__, exc_info=(kind, failure, trace))


def _name_span(record: logging.LogRecord) -> bool:
    context = get_current_span().get_span_context()
    if context.is_valid:
        record.trace_id, record.span_id = format_trace_id(context.trace_id), format_span_id(context.span_id)
    return True
