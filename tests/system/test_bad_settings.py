"""A service that cannot work with its settings says which variable is wrong, and what it should be, and ends."""

import base64
from pathlib import Path

import pytest

from support.services import Service

DATABASE = {"AUTHPULSE_DATABASE_URL": "postgresql://127.0.0.1:1/none"}
KEYS = {"AUTHPULSE_SEALING_KEYS": f"k:{base64.b64encode(b'k' * 32).decode()}"}
ADMIN = {"AUTHPULSE_ADMIN_TOKEN": "t" * 40}
PLANTED = "pLaNtEd-secret"

CASES = [
    ("authpulse_refresher", KEYS, "AUTHPULSE_DATABASE_URL"),
    ("authpulse_refresher", DATABASE, "AUTHPULSE_SEALING_KEYS"),
    ("authpulse_refresher", DATABASE | {"AUTHPULSE_SEALING_KEYS": f"k:{PLANTED}"}, "AUTHPULSE_SEALING_KEYS"),
    ("authpulse_refresher", DATABASE | KEYS | {"AUTHPULSE_IDP_DEADLINE": "-1"}, "AUTHPULSE_IDP_DEADLINE"),
    ("authpulse_event_store", DATABASE | {"AUTHPULSE_RETENTION_DAYS": "0"}, "AUTHPULSE_RETENTION_DAYS"),
    ("authpulse_event_store", {"AUTHPULSE_DATABASE_URL": f"postgres:{PLANTED}"}, "AUTHPULSE_DATABASE_URL"),
    ("authpulse_health_api", DATABASE, "AUTHPULSE_ADMIN_TOKEN"),
    ("authpulse_health_api", DATABASE | ADMIN | {"AUTHPULSE_HTTP": "everywhere"}, "AUTHPULSE_HTTP"),
    ("authpulse_health_api", DATABASE | {"AUTHPULSE_ADMIN_TOKEN_FILE": "/nonexistent"}, "AUTHPULSE_ADMIN_TOKEN_FILE"),
]


@pytest.mark.parametrize(("module", "settings", "variable"), CASES)
def test_the_variable_at_fault_is_named_in_one_line_and_the_status_is_not_zero(
    module: str, settings: dict[str, str], variable: str, tmp_path: Path
) -> None:
    service = Service(module, settings, tmp_path / "log")
    service.start()
    try:
        status = service.wait()
    finally:
        service.kill()
    said = service.log.read_text()
    assert status == 1, said
    assert variable in said
    assert len(said.splitlines()) == 1, "a traceback helps no operator"
    assert PLANTED not in said
