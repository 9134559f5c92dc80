"""What the document shows as examples: for each operation a body and an answer, of one connection's life."""

from datetime import UTC, datetime
from typing import Final
from uuid import UUID

import msgspec
from msgspec import Struct

from authpulse_contract.codec import to_json
from authpulse_contract.events import BACKGROUND, ConnectionState, RefreshDetail, RefreshFailedTransient
from authpulse_contract.health import Connections, HealthRow
from authpulse_health_api.acting.declared import DeclaredConnection, DeclaredToken
from authpulse_health_api.acting.manage import Outcome
from authpulse_health_api.acting.reconnect_link import LinkWanted, ReconnectLink
from authpulse_health_api.acting.signing_in import SignInBegun, SignInWanted
from authpulse_health_api.admission.session import Identity, SignIn
from authpulse_health_api.health import sse
from authpulse_health_api.health.board import EMPTY, Change, apply
from authpulse_health_api.health.freshness import Freshness
from authpulse_health_api.health.incidents import Incident, Incidents, Ref
from authpulse_health_api.health.page import encode
from authpulse_health_api.probes import Fit
from authpulse_health_api.reading.history import History
from authpulse_health_api.reading.status import OAuthStatus, Revocation

_NOON: Final = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
_LATER: Final = datetime(2026, 7, 1, 13, 0, tzinfo=UTC)
_IDP: Final = "idp.example"

_DEAD: Final = HealthRow(
    kind="api",
    name="crm",
    has_oauth=True,
    needs_reauth=True,
    token_acquired=False,
    idp_error_code="invalid_grant",
    refresh_failing=False,
    changed_at=_NOON,
)
_WELL: Final = HealthRow(
    kind="api",
    name="mail",
    has_oauth=True,
    needs_reauth=False,
    token_acquired=True,
    refresh_failing=False,
    changed_at=_NOON,
)
_FAILED: Final = RefreshFailedTransient(
    event_id=UUID("0197c5d2-8a00-7000-8000-000000000001"),
    connection_id=UUID("0197c5d2-8a00-7000-8000-000000000002"),
    connection_kind="api",
    connection_name="crm",
    version=7,
    occurred_at=_NOON,
    actor=BACKGROUND,
    idp_host=_IDP,
    state=ConnectionState(has_oauth=True, needs_reauth=False, token_acquired=True, expires_at=_LATER),
    detail=RefreshDetail(
        idp_error_code="temporarily_unavailable",
        http_status=503,
        error_class="transient",
        attempt=1,
        next_attempt_at=_LATER,
        duration_ms=212,
    ),
)
_STATUS: Final = OAuthStatus(
    configured=True,
    token_acquired=False,
    expires_at=None,
    refresh_expires_at=None,
    has_refresh_token=False,
    last_refreshed_at=_NOON,
    next_refresh_at=None,
    scope="read",
    grant="authorization_code",
    idp_host=_IDP,
    authenticated_by="key:ops",
    authenticated_at=_NOON,
    needs_reauth=True,
    last_revocation=Revocation(occurred_at=_LATER, reason="invalid_grant", idp_host=_IDP),
    explanation="The IdP no longer honours the sign-in: it was revoked, it ran out, or a password was changed.",
    next_step="Reconnect: sign in at the IdP again.",
    failing_since=_LATER,
    attempts=None,
    next_attempt_at=None,
    last_success_at=_NOON,
)
_REFRESHED: Final = msgspec.structs.replace(
    _STATUS,
    token_acquired=True,
    has_refresh_token=True,
    expires_at=_LATER,
    next_refresh_at=_LATER,
    needs_reauth=False,
    last_revocation=None,
    explanation=None,
    next_step=None,
    failing_since=None,
)
_INCIDENT: Final = Incident(
    id="5f1d3c0a9b7e2468",
    cause="invalid_client",
    title="idp.example refuses the client",
    explanation="The IdP refuses the client itself: the secret was probably rotated.",
    next_step="Edit the secret, then try again.",
    idp_host=_IDP,
    client_id="authpulse",
    count=2,
    since=_NOON,
    connections=[Ref(kind="api", name="crm"), Ref(kind="api", name="mail")],
)


class Shown(Struct, frozen=True, kw_only=True):
    """The examples of one operation: its body, and its answers by status; a text is an answer that is not JSON."""

    body: Struct | None = None
    answers: dict[int, Struct | str] = {}


def _outcome(action: str, *, changed: tuple[str, ...] = (), tokens_forgotten: bool = False) -> Outcome:
    told = {"action": action, "changed": changed, "tokens_forgotten": tokens_forgotten, "version": 8}
    return msgspec.convert(told, Outcome)


def _streamed() -> str:
    """The first messages of a stream."""
    first = apply(EMPTY, [Change(position=41, kind="api", name="crm", row=encode(_DEAD))])
    then = Change(position=42, kind="api", name="mail", row=encode(_WELL))
    away = sse.staleness(Freshness(7.0, ("event-store",)))
    return b"".join((*sse.snapshot(first), sse.changed([then], 42), sse.BEAT, away)).decode()


EXAMPLES: Final[dict[str, Shown]] = {
    "oauth_health": Shown(answers={200: Connections(connections=[_DEAD, _WELL])}),
    "oauth_health_stream": Shown(answers={200: _streamed()}),
    "incidents": Shown(answers={200: Incidents(incidents=[_INCIDENT])}),
    "oauth_status": Shown(answers={200: _STATUS}),
    "auth_events": Shown(answers={200: History(events=[msgspec.Raw(to_json(_FAILED))], next_cursor="7")}),
    "put_connection": Shown(
        body=DeclaredConnection(
            grant="authorization_code",
            client_id="authpulse",
            client_secret="what-the-IdP-gave-you",  # noqa: S106 -- of nobody
            token_url="https://idp.example/oauth/token",  # noqa: S106 -- a URL
            authorization_url="https://idp.example/oauth/authorize",
            scopes=("read",),
            token=DeclaredToken(refresh_token="a-grant-that-exists"),  # noqa: S106 -- of nobody
        ),
        answers={200: _outcome("changed", changed=("client_secret",)), 201: _outcome("created")},
    ),
    "delete_connection": Shown(answers={200: _outcome("removed", tokens_forgotten=True)}),
    "delete_token": Shown(answers={200: _outcome("forgotten", tokens_forgotten=True)}),
    "reacquire_oauth": Shown(answers={200: _REFRESHED}),
    "reconnect_link": Shown(
        body=LinkWanted(valid_for="24h"),
        answers={
            201: ReconnectLink(url="https://authpulse.example/reconnect/a-secret", expires_at="2026-07-02T12:00:00Z")
        },
    ),
    "oauth_start": Shown(
        body=SignInWanted(return_to="/connections/api/crm"),
        answers={
            200: SignInBegun(
                authorization_url="https://idp.example/oauth/authorize?response_type=code&state=a-secret",
                state="a-secret",
                redirect_uri="https://authpulse.example/api/v1/admin/oauth/callback",
                expires_at="2026-07-01T12:10:00Z",
            )
        },
    ),
    "who": Shown(answers={200: Identity(name="key:ops", role="admin")}),
    "sign_in": Shown(body=SignIn(token="apk_a-key-of-yours")),  # noqa: S106 -- of nobody
    "sign_out": Shown(),
    "healthz": Shown(answers={200: Fit()}),
    "readyz": Shown(answers={200: Fit()}),
}
"""By operation id."""
