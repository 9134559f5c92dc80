"""Errors as RFC 9457 problem documents: each slug mapped to its status and title here and nowhere else."""

from enum import Enum
from typing import Final

from litestar import Response
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import Example
from msgspec import UNSET, Struct, UnsetType

from authpulse_contract.codec import to_builtins, to_json

MEDIA_TYPE: Final = "application/problem+json"


class Slug(Enum):
    """Why a request was not answered as asked: slug, status, title."""

    UNAUTHENTICATED = ("unauthenticated", 401, "Sign in first")
    WRONG_TOKEN = ("wrong_token", 401, "This token is not good here")
    NO_ROLE = ("no_role", 403, "Signed in, but without a role here")
    FOREIGN_ORIGIN = ("foreign_origin", 403, "Asked for by a page from elsewhere")
    VIEWER = ("viewer", 403, "Only an admin may do this")
    UNKNOWN_PATH = ("unknown_path", 404, "There is nothing at this path")
    UNKNOWN_CONNECTION = ("unknown_connection", 404, "No such connection")
    METHOD_NOT_ALLOWED = ("method_not_allowed", 405, "This method is not to be had here")
    NOT_OAUTH = ("not_oauth", 409, "Not an OAuth connection")
    NEEDS_REAUTH = ("needs_reauth", 409, "Somebody has to sign in at the identity provider again")
    CONFLICT = ("conflict", 409, "The connection does not allow it as it is")
    TOO_LARGE = ("too_large", 413, "The request body is too large")
    INVALID = ("invalid", 422, "The request cannot be used as it is")
    TOO_MANY_FAILURES = ("too_many_failures", 429, "Too many tokens that are not good")
    INTERNAL = ("internal", 500, "Something broke here")
    ISSUER_AWAY = ("issuer_away", 503, "The issuer of the token is out of reach")
    IDP_FAILED = ("idp_failed", 502, "The identity provider gave no token this time")
    NO_REFRESHER = ("no_refresher", 503, "The refresher is out of reach")
    LEDGER_AWAY = ("ledger_away", 503, "The ledger is out of reach")

    @property
    def slug(self) -> str:
        return self.value[0]

    @property
    def status(self) -> int:
        return self.value[1]

    @property
    def title(self) -> str:
        return self.value[2]


class Fault(Struct, frozen=True, kw_only=True):
    """One member of the request that cannot be used, where it stood (`body`, `query`, ...), and why."""

    member: str
    source: str
    detail: str


class ProblemDocument(Struct, frozen=True, kw_only=True):
    """RFC 9457. `type` is `urn:authpulse:problem:` and the slug; `errors` name the members at fault."""

    type: str
    title: str
    status: int
    detail: str | UnsetType = UNSET
    errors: list[Fault] | UnsetType = UNSET


_FAULTS: Final = [Fault(member="grant", source="body", detail="Not one of the values that it can have")]
"""An example."""


class Problem(Exception):  # noqa: N818 -- RFC 9457's word for it
    """Ends a request with a problem document. `detail` is for the caller: no internals, no secret."""

    def __init__(
        self,
        slug: Slug,
        detail: str | None = None,
        *,
        faults: list[Fault] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(slug.title)
        self.slug, self.headers = slug, headers or {}
        self.document = ProblemDocument(
            type=f"urn:authpulse:problem:{slug.slug}",
            title=slug.title,
            status=slug.status,
            detail=detail or UNSET,
            errors=faults or UNSET,
        )


def respond(problem: Problem) -> Response[bytes]:
    """`problem` as an HTTP answer."""
    return Response(
        to_json(problem.document),
        status_code=problem.slug.status,
        media_type=MEDIA_TYPE,
        headers={"Cache-Control": "no-store", **problem.headers},
    )


def documented(*slugs: Slug) -> dict[int, ResponseSpec]:
    """The OpenAPI descriptions of answers with these problems."""
    by_status: dict[int, list[Slug]] = {}
    for slug in slugs:
        by_status.setdefault(slug.status, []).append(slug)
    return {
        status: ResponseSpec(
            ProblemDocument,
            description=" ".join(f"`{slug.slug}`: {slug.title}." for slug in those),
            media_type=MEDIA_TYPE,
            generate_examples=False,
            examples=[_example(slug) for slug in those],
        )
        for status, those in by_status.items()
    }


def _example(slug: Slug) -> Example:
    document = Problem(slug, faults=_FAULTS if slug is Slug.INVALID else None).document
    return Example(id=slug.slug, summary=slug.title, value=to_builtins(document))
