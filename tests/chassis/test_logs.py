"""The log is one JSON object a line, and a secret in it shows as asterisks."""

import json
import logging
from collections.abc import Iterator

import pytest

from authpulse_chassis.logs import configure_logs
from authpulse_contract.secret import Secret


@pytest.fixture
def _root_logger_as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level


@pytest.mark.usefixtures("_root_logger_as_it_was")
def test_a_line_is_json_with_the_service_and_the_extras_and_without_the_secret(
    capsys: pytest.CaptureFixture[str],
) -> None:
    configure_logs("refresher", "WARNING")
    log = logging.getLogger("authpulse.sample")
    log.info("not worth a line")
    log.warning("refused by %s", "idp.example", extra={"token": Secret("s3cr3t")})

    lines = capsys.readouterr().err.splitlines()
    record = json.loads(lines[0])
    assert len(lines) == 1
    assert record.pop("time")
    assert record == {
        "level": "WARNING",
        "logger": "authpulse.sample",
        "message": "refused by idp.example",
        "service": "refresher",
        "token": "***",
    }
