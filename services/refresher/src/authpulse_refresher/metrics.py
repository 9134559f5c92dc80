"""What the refresher counts and measures. No label names a connection: there may be a hundred thousand."""

from collections.abc import Callable, Mapping
from typing import Final

from prometheus_client import Counter, Gauge, Histogram
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from authpulse_chassis.metrics import Bounded, Sampled
from authpulse_contract.commands import Refused, Reply
from authpulse_contract.connecting import ConnectReply
from authpulse_contract.events import BACKGROUND, type_of
from authpulse_contract.subjects import TOKENS_GET
from authpulse_contract.tokens import TokenReply
from authpulse_refresher.model import Connection, Decision

_REFRESHES: Final = Counter(
    "authpulse_refreshes_total", "Attempts whose outcome was stored, by event type.", ["outcome", "idp_host"]
)
_LATENESS: Final = Histogram(
    "authpulse_refresh_lateness_seconds",
    "From the time at which a connection was due to its outcome.",
    buckets=(0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800),
)
_ANSWERS: Final = Histogram(
    "authpulse_idp_answer_seconds",
    "What an identity provider took for an answer, or for failing to give one.",
    ["idp_host"],
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
_DOWN: Final = Gauge(
    "authpulse_idp_host_down",
    "1 while the host is down and gets a single probe at a time, else 0; for `other`, how many of them are.",
    ["idp_host"],
)
_IN_FLIGHT: Final = Gauge(
    "authpulse_refreshes_in_flight",
    "Refreshes under way: `asking` wait for their identity provider, `storing` have its answer.",
    ["stage"],
)
_PLACES: Final = Gauge("authpulse_refreshes_in_flight_limit", "How many may be asking at once.")
_TOKENS: Final = Counter("authpulse_token_replies_total", "Requests for access tokens, by reply.", ["reply"])
_COMMANDS: Final = Counter("authpulse_command_replies_total", "Commands, by verb and reply.", ["verb", "reply"])
_hosts: Final = Bounded()

_SAMPLE: Final = """
    select (select count(*) from vault.due where due_at <= statement_timestamp()) as authpulse_due_connections,
           (select extract(epoch from statement_timestamp() - min(due_at))::float8 from vault.due
             where due_at <= statement_timestamp()) as authpulse_due_oldest_seconds,
           (select count(*) from vault.outbox) as authpulse_outbox_events,
           (select extract(epoch from statement_timestamp() - (body::jsonb ->> 'occurred_at')::timestamptz)::float8
              from vault.outbox order by outbox_id limit 1) as authpulse_outbox_oldest_seconds,
           (select extract(epoch from min(refresh_expires_at) - statement_timestamp())::float8
              from vault.tokens) as authpulse_refresh_deadline_nearest_seconds"""
_TOLD: Final = {
    "authpulse_due_connections": "Connections that are due and that no refresher has taken yet.",
    "authpulse_due_oldest_seconds": "For how long the one that waits longest has been due; 0 if none is.",
    "authpulse_outbox_events": "Events that the stream does not have yet.",
    "authpulse_outbox_oldest_seconds": "How old the first of them is; 0 if there is none.",
    "authpulse_refresh_deadline_nearest_seconds": "Until the first stored refresh token ends; absent if none does.",
}
_EMPTY_IS_ZERO: Final = {"authpulse_due_oldest_seconds", "authpulse_outbox_oldest_seconds"}


def attempted(before: Connection, decision: Decision | None, actor: str) -> None:
    """An attempt upon `before` has come to its end; None: somebody overtook it, and nothing was stored."""
    if decision is None:
        _REFRESHES.labels("overtaken", _hosts(None)).inc()
        return
    event = decision.event
    host = _hosts(event.idp_host)
    _REFRESHES.labels(type_of(event), host).inc()
    took = getattr(event.detail, "duration_ms", None)
    if took is not None:
        _ANSWERS.labels(host).observe(took / 1000)
    if actor == BACKGROUND and before.due_at is not None:
        _LATENESS.observe(max(0.0, (event.occurred_at - before.due_at).total_seconds()))


def left_alone(idp_host: str, *, down: bool) -> None:
    """The host's circuit breaker has opened (`down`) or closed; to be called at each change, and only then."""
    _DOWN.labels(_hosts(idp_host)).inc(1 if down else -1)


def watch(under_way: Callable[[], tuple[int, int]], limit: int) -> None:
    """What is `under_way`, of at most `limit` that ask, is to be seen from now on."""
    _PLACES.set(limit)
    _IN_FLIGHT.labels("asking").set_function(lambda: under_way()[0])
    _IN_FLIGHT.labels("storing").set_function(lambda: under_way()[1])


def replied(subject: str, reply: Reply | ConnectReply | TokenReply) -> None:
    """A command, or a request for a token, was answered."""
    kind = reply.slug if isinstance(reply, Refused) else str(reply.__struct_config__.tag)
    if subject == TOKENS_GET:
        _TOKENS.labels(kind).inc()
    else:
        _COMMANDS.labels(subject.rpartition(".")[2], kind).inc()


def sampled(pool: AsyncConnectionPool[AsyncConnection]) -> Sampled:
    """What the vault knows, be it one refresher or ten that ask it: the same for all of them."""

    async def sample() -> Mapping[str, float | None]:
        async with pool.connection() as db:
            cursor = await db.execute(_SAMPLE)
            row = await cursor.fetchone()
        names = [column.name for column in cursor.description or ()]
        return {
            name: 0.0 if value is None and name in _EMPTY_IS_ZERO else value
            for name, value in zip(names, row or (), strict=True)
        }

    return Sampled(_TOLD, sample)
