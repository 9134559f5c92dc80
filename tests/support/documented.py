"""Holds an answer against the OpenAPI document, as schemathesis does, but for what no schema can tell."""

from collections.abc import Collection
from pathlib import Path
from typing import Any, Final

from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from support.ledger import BEARER

PUBLISHED: Final = Path(__file__).parents[2] / "docs" / "openapi.json"
# Members that go together or not, how far a duration or a path may go: a body that fits may be refused (422).
_BEYOND_SCHEMAS: Final = {"put_connection", "oauth_start", "reconnect_link"}
# Flags for which 0 and 1 are taken as well.
_LENIENT: Final = {"put_connection", "oauth_start"}
_TOO_LARGE: Final = 413


def expect_documented(case: Any, url: str, *, headers: dict[str, str] = BEARER, provoked: Collection[int] = ()) -> None:
    """Send `case` and hold the answer against the document. `provoked`: errors of others that are asked for here."""
    operation = case.operation.definition.raw["operationId"]
    answer = case.call(base_url=url, headers=headers, timeout=60)
    excused = [positive_data_acceptance] if operation in _BEYOND_SCHEMAS else []
    # Too large a body is refused before anybody looks at what is wrong with it, which schemathesis does not expect.
    excused += [negative_data_rejection] if operation in _LENIENT or answer.status_code == _TOO_LARGE else []
    excused += [not_a_server_error] if answer.status_code in provoked else []
    case.validate_response(answer, excluded_checks=excused)
