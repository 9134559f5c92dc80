"""The query parameter `as_of`: the time that an answer is wanted for."""

from datetime import datetime
from typing import Annotated

from litestar.openapi.spec import Example
from litestar.params import QueryParameter

from authpulse_health_api.problems import Fault, Problem, Slug

# As text, since the framework would take a bare number for seconds since 1970.
AsOf = Annotated[
    str | None,
    QueryParameter(
        pattern=r"^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,6})?([Zz]|[+-]\d{2}:\d{2})$",
        schema_extra={"format": "date-time"},
        description="How it was then, in RFC 3339 (a + as %2B), as far back as events are kept.",
        examples=[Example(value="2026-07-01T12:00:00Z")],
    ),
]


def to_moment(as_of: str | None) -> datetime | None:
    """The moment that is meant. Raises 422 for one that no calendar has."""
    if as_of is None:
        return None
    try:
        return datetime.fromisoformat(as_of.upper())
    except ValueError:
        fault = Fault(member="as_of", source="query", detail="There is no such moment")
        raise Problem(Slug.INVALID, faults=[fault]) from None
