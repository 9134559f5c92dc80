"""Turns whatever a request can raise into a problem document."""

import logging
import re
from enum import Enum
from typing import Any, Final

from litestar import Request, Response
from litestar.exceptions import (
    ClientException,
    HTTPException,
    MethodNotAllowedException,
    NotFoundException,
    ValidationException,
)
from litestar.types import ExceptionHandlersMap

from authpulse_health_api.problems import Fault, Problem, Slug, respond
from authpulse_health_api.upstream.ledger import LedgerAwayError

_log = logging.getLogger(__name__)
_RETRY_AFTER: Final = {"Retry-After": "2"}
_TOO_LARGE: Final = 413
_NOT_JSON: Final = "The body is not JSON in UTF-8."
_MISSING: Final = re.compile("missing required field `([^`]+)`")


def _on_problem(_: Request[Any, Any, Any], problem: Problem) -> Response[bytes]:
    return respond(problem)


def _on_ledger_away(_: Request[Any, Any, Any], away: LedgerAwayError) -> Response[bytes]:
    _log.warning("asked while the ledger is out of reach", extra={"reason": str(away)})
    return respond(Problem(Slug.LEDGER_AWAY, headers=_RETRY_AFTER))


def _on_refusal(_: Request[Any, Any, Any], refusal: HTTPException) -> Response[bytes]:
    """What the framework refused by itself; its own words are not passed on, since they may repeat the input."""
    match refusal:
        case NotFoundException():
            return respond(Problem(Slug.UNKNOWN_PATH))
        case MethodNotAllowedException():
            return respond(Problem(Slug.METHOD_NOT_ALLOWED, headers=refusal.headers))
        case ValidationException():
            return respond(Problem(Slug.INVALID, faults=_faults(refusal)))
        case HTTPException(status_code=status) if status == _TOO_LARGE:
            return respond(Problem(Slug.TOO_LARGE))
        case ClientException():
            return respond(Problem(Slug.INVALID, _NOT_JSON))
        case _:
            return _on_bug(_, refusal)


def _on_bug(request: Request[Any, Any, Any], bug: Exception) -> Response[bytes]:
    _log.error(
        "a request failed", exc_info=bug, extra={"method": request.method, "handler": str(request.route_handler)}
    )
    return respond(Problem(Slug.INTERNAL))


def _faults(refusal: ValidationException) -> list[Fault]:
    extra = refusal.extra if isinstance(refusal.extra, list) else []
    return [_fault(item) for item in extra if isinstance(item, dict)]


def _fault(item: dict[str, Any]) -> Fault:
    """The member at fault, and which type was expected; never which value came, since it may be a secret."""
    member, detail = str(item.get("key", "")), str(item.get("message", ""))
    source = item.get("source", "")
    if source == "body" and member == "data":
        missing = _MISSING.search(detail)
        member = missing[1] if missing else ""
    if "'" in detail:
        detail = "Not one of the values that it can have" if "enum" in detail else "Missing"
    return Fault(member=member, source=source.value if isinstance(source, Enum) else source, detail=detail)


def _on_broken_text(_: Request[Any, Any, Any], __: UnicodeDecodeError) -> Response[bytes]:
    """msgspec's word for a body that is not UTF-8, which Litestar does not catch."""
    return respond(Problem(Slug.INVALID, _NOT_JSON))


HANDLERS: Final[ExceptionHandlersMap] = {
    Problem: _on_problem,
    LedgerAwayError: _on_ledger_away,
    HTTPException: _on_refusal,
    UnicodeDecodeError: _on_broken_text,
    Exception: _on_bug,
}
