"""Takes due connections for one attempt each: the attempt is recorded, with the database's clock, before its POST."""

import time
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Final, Literal
from uuid import UUID

from msgspec import Struct
from psycopg import AsyncConnection
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

# The attempt is recorded in the statement that gives the lease: what is sent afterwards is known to whoever comes next.
_TAKE: Final = """
    update vault.due set
        attempt_id = gen_random_uuid(), attempt_generation = c.generation, attempt_token_hash = t.refresh_token_hash,
        attempted_at = clock_timestamp(), leased_until = clock_timestamp() + make_interval(secs => %(seconds)s),
        due_at = clock_timestamp() + make_interval(secs => %(seconds)s)
      from picked
      join vault.connections c using (connection_id)
      left join vault.tokens t using (connection_id)
     where due.connection_id = picked.connection_id
    returning due.connection_id, due.attempt_id, due.idp_host, statement_timestamp() as leased_at,
              %(ends_at)s::float8 as ends_at,
              case when picked.attempt_id is null or picked.attempt_generation <> c.generation then 'no'
                   when picked.leased_until is null then 'dead' else 'silent' end as before,
              picked.attempted_at"""

# Hosts by skip scan (one index descent each), the one that waits longest first; then each host's earliest within its
# budget. Nested loops are lazy, so hardly more rows are locked than taken. statement_timestamp() and not
# clock_timestamp(): a volatile function cannot bound an index scan.
_PICK_DUE: Final = """
    with recursive hosts as (
        (select idp_host from vault.due where idp_host > '' and due_at is not null order by idp_host limit 1)
        union all
        select (select d.idp_host from vault.due d
                 where d.idp_host > hosts.idp_host and d.due_at is not null order by d.idp_host limit 1)
          from hosts where hosts.idp_host is not null
    ), ripe as (
        select hosts.idp_host
          from hosts
         cross join lateral (
            select d.due_at from vault.due d
             where d.idp_host = hosts.idp_host and d.due_at <= statement_timestamp() order by d.due_at limit 1
         ) earliest
         order by earliest.due_at
    ), picked as (
        select d.*
          from ripe
         cross join lateral (
            select connection_id, attempt_id, attempt_generation, attempted_at, leased_until from vault.due
             where idp_host = ripe.idp_host and due_at <= statement_timestamp()
             order by due_at
             limit coalesce((%(budgets)s::jsonb ->> ripe.idp_host)::integer, %(budget)s)
               for update skip locked
         ) d
         limit %(limit)s
    )"""

_PICK_ONE: Final = """
    with picked as (
        select connection_id, attempt_id, attempt_generation, attempted_at, leased_until from vault.due
         where connection_id = %(connection_id)s and (leased_until is null or leased_until <= clock_timestamp())
           for update
    )"""

# What `decide.skip_reason` says without an IdP must not wait until one is back.
_PICK_ENDED: Final = """
    with picked as (
        select d.connection_id, d.attempt_id, d.attempt_generation, d.attempted_at, d.leased_until
          from vault.tokens t
          join vault.due d using (connection_id)
          join vault.connections c using (connection_id)
         where (t.refresh_token is not null and t.refresh_expires_at <= statement_timestamp()
                or t.refresh_token is null and t.expires_at <= statement_timestamp())
           and d.due_at <= statement_timestamp() and d.idp_host = any(%(hosts)s)
           and c.config ->> 'grant' = 'authorization_code'
         limit %(limit)s
           for update of d skip locked
    )"""

# In one order, so that two who store wait for each other instead of both for ever.
_LOCK: Final = "select attempt_id from vault.due where connection_id = any(%s) order by connection_id for update"

# Python has it on Linux only; elsewhere the monotonic clock goes on during sleep, or there is nothing better.
_CLOCK: Final[int] = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)

_GIVE_UP: Final = """
    update vault.due set leased_until = null, due_at = clock_timestamp()
     where connection_id = any(%s) and attempt_id = any(%s)"""

_RELEASE: Final = """
    update vault.due set attempt_id = null, leased_until = null, due_at = c.due_at
      from vault.connections c
     where due.connection_id = %s and attempt_id = %s and c.connection_id = due.connection_id"""


_HOLD: Final = """
    update vault.due set due_at = clock_timestamp() + make_interval(secs => %(seconds)s)
     where connection_id = %(connection_id)s and due_at < clock_timestamp() + make_interval(secs => %(seconds)s)
       and (leased_until is null or leased_until <= clock_timestamp())"""


class Lease(Struct, frozen=True):
    """The right to one attempt, from `leased_at` by the database's clock until `ends_at` by `awake_clock`.

    `before`: whether the attempt before, with the same grant, never stored its outcome, because its holder is "dead" or
    at least "silent"; it was begun at `attempted_at`.
    """

    connection_id: UUID
    attempt_id: UUID
    idp_host: str | None
    leased_at: datetime
    ends_at: float
    before: Literal["no", "dead", "silent"] = "no"
    attempted_at: datetime | None = None

    @property
    def abandoned(self) -> bool:
        """An earlier attempt with the same grant has to be settled before this one may begin."""
        return self.before != "no"


def awake_clock() -> float:
    """Seconds on a clock that goes on while this process or the whole machine is suspended, as the database's does."""
    return time.clock_gettime(_CLOCK)


async def lease_due(
    db: AsyncConnection, *, limit: int, seconds: float, budget: int, budgets: Mapping[str, int]
) -> list[Lease]:
    """Up to `limit` connections whose time has come, earliest first, at most `budgets[host]` (else `budget`) a host.

    The leases last `seconds`, counted by the database. Commit before asking the IdP.
    """
    async with db.cursor(row_factory=class_row(Lease)) as cursor:
        await cursor.execute(
            _PICK_DUE + _TAKE,
            {
                "limit": limit,
                "seconds": seconds,
                "ends_at": awake_clock() + seconds,
                "budget": budget,
                "budgets": Jsonb(dict(budgets)),
            },
        )
        return await cursor.fetchall()


async def lease_ended(db: AsyncConnection, *, hosts: Collection[str], limit: int, seconds: float) -> list[Lease]:
    """Up to `limit` due connections at `hosts` whose grant has ended by itself, so that nobody needs to be asked."""
    async with db.cursor(row_factory=class_row(Lease)) as cursor:
        await cursor.execute(
            _PICK_ENDED + _TAKE,
            {"limit": limit, "seconds": seconds, "ends_at": awake_clock() + seconds, "hosts": list(hosts)},
        )
        return await cursor.fetchall()


async def lease_one(db: AsyncConnection, connection_id: UUID, *, seconds: float) -> Lease | None:
    """A lease whether due or not; None while somebody else holds one."""
    async with db.cursor(row_factory=class_row(Lease)) as cursor:
        await cursor.execute(
            _PICK_ONE + _TAKE, {"connection_id": connection_id, "seconds": seconds, "ends_at": awake_clock() + seconds}
        )
        return await cursor.fetchone()


async def give_up(db: AsyncConnection, begun: Mapping[UUID, UUID]) -> None:
    """Offer the connections of these attempts (attempt id -> connection id) at once: their holder is dead."""
    await db.execute(_LOCK, (sorted(begun.values()),))
    await db.execute(_GIVE_UP, (list(begun.values()), list(begun)))


async def lock_held(db: AsyncConnection, leases: Collection[Lease]) -> set[UUID]:
    """The attempts whose connection nobody has taken over, even if the lease has run out.

    Until the transaction ends nobody can take over or store any of these connections, held or not.
    """
    rows = await (await db.execute(_LOCK, (sorted(lease.connection_id for lease in leases),))).fetchall()
    current = {attempt_id for (attempt_id,) in rows}
    return {lease.attempt_id for lease in leases if lease.attempt_id in current}


async def hold(db: AsyncConnection, connection_id: UUID, *, seconds: float) -> None:
    """Keep the background from refreshing a grant that is about to be replaced or revoked.

    No attempt is recorded: should its maker die, the connection comes due by itself and nothing is said of a crash. An
    attempt that is under way already goes on; the generation decides between it and the maker.
    """
    await db.execute(_HOLD, {"connection_id": connection_id, "seconds": seconds})


async def release(db: AsyncConnection, lease: Lease) -> None:
    """End the attempt without an outcome: its answer is stale, or nothing was asked."""
    await db.execute(_RELEASE, (lease.connection_id, lease.attempt_id))
