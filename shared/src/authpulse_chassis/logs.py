"""Structured logs: one JSON object a line on standard error."""

import logging

from pythonjsonlogger.json import JsonFormatter


def configure_logs(service: str, level: str = "INFO") -> None:
    """Send the log of this process to standard error as JSON lines: time, level, logger, message, service, extras.

    What a stranger sent must be sanitised before it is logged; a `Secret` shows as `***`.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(
        JsonFormatter(
            "%(asctime)s %(levelname)s %(name)s %(message)s",
            rename_fields={"asctime": "time", "levelname": "level", "name": "logger"},
            static_fields={"service": service},
            datefmt="%Y-%m-%dT%H:%M:%S%z",
        )
    )
    logging.basicConfig(level=level, handlers=[handler], force=True)
