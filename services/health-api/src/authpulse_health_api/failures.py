"""Turns whatever a request can raise into a problem document."""

import logging
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

from authpulse_health_api.ledger import LedgerAwayError
from authpulse_health_api.problems import Fault, Problem, Slug, respond

_log = logging.getLogger(__name__)
_RETRY_AFTER: Final = {"Retry-After": "2"}
_TOO_LARGE: Final = 413


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
            return respond(Problem(Slug.INVALID, "The body is not JSON in UTF-8."))
        case _:
            return _on_bug(_, refusal)


def _on_bug(request: Request[Any, Any, Any], bug: Exception) -> Response[bytes]:
    _log.error(
        "a request failed", exc_info=bug, extra={"method": request.method, "handler": str(request.route_handler)}
    )
    return respond(Problem(Slug.INTERNAL))


def _faults(refusal: ValidationException) -> list[Fault]:
    """The members at fault. msgspec and Litestar say which type was expected and never which value came."""
    extra = refusal.extra if isinstance(refusal.extra, list) else []
    return [
        Fault(member=str(item.get("key", "")), source=str(item.get("source", "")), detail=str(item.get("message", "")))
        for item in extra
        if isinstance(item, dict)
    ]


HANDLERS: Final[ExceptionHandlersMap] = {
    Problem: _on_problem,
    LedgerAwayError: _on_ledger_away,
    HTTPException: _on_refusal,
    Exception: _on_bug,
}
