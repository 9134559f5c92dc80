"""Compares the ledger's health rows with the vault and with the bulk answer of health-api.

The three are read one after the other while the system goes on working, so what is found here counts only if it is
found again and again.
"""

from collections.abc import Iterable
from typing import Final

import msgspec
import psycopg
from psycopg.rows import dict_row

from authpulse_cli.verifying.disagreement import Disagreement
from authpulse_cli.verifying.ledger import Key, Row
from authpulse_contract.health import HealthRow

_HEALTH: Final = "select * from ledger.connection_health"
_VAULT: Final = """
    select c.kind, c.name, c.connection_id, c.version, c.removed_at is not null as removed, c.needs_reauth,
        t.connection_id is not null as token_acquired
    from vault.connections c left join vault.tokens t using (connection_id)"""
_OLDEST_WAITING: Final = "select outbox_id, count(*) over () as waiting from vault.outbox order by outbox_id limit 1"


def read_health(ledger_url: str) -> dict[Key, Row]:
    """The health rows as they are now. Raises `psycopg.Error`."""
    with psycopg.connect(ledger_url, row_factory=dict_row) as db:
        return {(row["kind"], row["name"]): row for row in db.execute(_HEALTH)}


def compare_vault(vault_url: str, health: dict[Key, Row]) -> set[Disagreement]:
    """Where the vault says something else than `health`. Raises `psycopg.Error`."""
    with psycopg.connect(vault_url, row_factory=dict_row) as db:
        vault = {(row["kind"], row["name"]): row for row in db.execute(_VAULT)}
        oldest = db.execute(_OLDEST_WAITING).fetchone()
    found = {
        Disagreement(kind=kind, name=name, where="vault", what=what)
        for kind, name in vault.keys() | health.keys()
        for what in _vault_faults(vault.get((kind, name)), health.get((kind, name)))
    }
    if oldest:
        what = f"event {oldest['outbox_id']} of the outbox is not being published"
        found.add(Disagreement(kind="", name="", where="vault", what=what))
    return found


def compare_api(answer: bytes, health: dict[Key, Row]) -> set[Disagreement]:
    """Where the bulk answer says something else than `health`. Raises `msgspec.MsgspecError` if it cannot be read."""
    listed = msgspec.json.decode(answer, type=dict[str, list[HealthRow]])["connections"]
    served = {(row.kind, row.name): row for row in listed}
    expected = {key: _public(row) for key, row in health.items() if not row["removed"]}
    found = {_api(key, "is in the ledger, but not served") for key in expected.keys() - served.keys()}
    found |= {_api(key, "is served, but not in the ledger") for key in served.keys() - expected.keys()}
    for key in expected.keys() & served.keys():
        for member in HealthRow.__struct_fields__:
            right, said = getattr(expected[key], member), getattr(served[key], member)
            if right != said:
                found.add(_api(key, f"{member} is served as {said}, the ledger has {right}"))
    order = [(row.kind, row.name) for row in listed]
    if order != sorted(set(order)):
        found.add(Disagreement(kind="", name="", where="api", what="the rows are out of order or double"))
    return found


def _vault_faults(vault: Row | None, health: Row | None) -> Iterable[str]:
    if vault is None:
        return ["is in the ledger, but not in the vault"]
    if health is None:
        return [f"is in the vault with version {vault['version']}, but not in the ledger"]
    if vault["version"] != health["version"]:
        return [f"the vault has version {vault['version']}, the ledger {health['version']}"]
    return [
        f"{column} is {vault[column]} in the vault, {health[column]} in the ledger"
        for column in ("connection_id", "removed", "needs_reauth", "token_acquired")
        if vault[column] != health[column]
    ]


def _api(key: Key, what: str) -> Disagreement:
    return Disagreement(kind=key[0], name=key[1], where="api", what=what)


def _public(row: Row) -> HealthRow:
    return HealthRow(**{member: row[member] for member in HealthRow.__struct_fields__ if row[member] is not None})
