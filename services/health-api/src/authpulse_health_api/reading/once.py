"""Refuses a query parameter that is given twice where one value counts: nobody can tell which of them was meant."""

from collections import Counter
from typing import Any, Final

from litestar import Request

from authpulse_health_api.problems import Fault, Problem, Slug

_LISTS: Final = {"type"}
"""Those that may be repeated."""


async def refuse_repeated(request: Request[Any, Any, Any]) -> None:
    """A `before_request` of Litestar. Raises `Problem`, which names the parameters and repeats no value."""
    given = Counter(name for name, _ in request.query_params.multi_items())
    repeated = sorted(name for name, times in given.items() if times > 1 and name not in _LISTS)
    if repeated:
        faults = [Fault(member=name, source="query", detail="Given more than once") for name in repeated]
        raise Problem(Slug.INVALID, faults=faults)
