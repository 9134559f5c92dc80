"""How late refreshes are while one of ten identity providers hangs, next to a run in which none does.

Run it with `PYTHONPATH=tests uv run python bench/lateness.py [SECONDS] [CONNECTIONS]`: for how long connections come
due in each of the two runs (60), and the size of the vault (100000). A refresher process with its own settings and its
journal, a PostgreSQL with fsync. `RATE` come due in a second, a tenth of them at each provider. All answer in 50 ms; in
the second run one takes 30 s. Lateness is when the refreshed token was stored, less when it was due.
"""

import asyncio
import base64
import os
import sys
import tempfile
from pathlib import Path
from typing import Final

from psycopg import AsyncConnection
from token_endpoint import HOSTS, token_endpoint
from vaults import KEY, RING, fill, vault_database

from authpulse_contract.secret import Secret
from authpulse_refresher.storage.vault import Vault, new_pool
from support.services import Service

RATE: Final = 200
LEAD: Final = 30
"""Seconds from filling the vault to the first that is due: time to fill it and to start."""
WARM: Final = 5
"""Seconds that are left out at the start: with nothing under way, a refresher looks for what is due once a second."""
SETTLE: Final = 5
"""Seconds after the last one was due that count as late at most."""
FAST, HUNG = 50, 30_000
AIM: Final = 1.2

_REMEMBER: Final = "create table due_then as select connection_id, idp_host, due_at from vault.due"
_LATE: Final = """
    select count(last_refreshed_at) || ' of ' || count(*),
           percentile_cont(array[0.5, 0.99, 1]) within group (
               order by extract(epoch from coalesce(last_refreshed_at, clock_timestamp()) - due_then.due_at) * 1000)
      from due_then join vault.connections using (connection_id)
     where due_then.idp_host <> 'idp0' and due_then.due_at < clock_timestamp()
       and due_then.due_at > (select min(due_at) from due_then) + %s * interval '1 s'"""


async def lateness(database: str, urls: list[str], seconds: int, connections: int) -> tuple[str, list[float]]:
    """How many were refreshed; p50, p99 and the longest in milliseconds; without those of the first provider."""
    # So many a second for as long as it takes; the rest of the vault is due in an hour.
    due = f"{LEAD} + case when number <= {RATE * seconds} then number::float8 / {RATE} else 3600 end"
    async with new_pool(Secret(database), size=2) as pool:
        await fill(Vault(pool=pool, ring=RING, outgoing=asyncio.Event()), urls, connections, due)
        with tempfile.TemporaryDirectory() as place:
            refresher = Service("authpulse_refresher", settings(database, f"{place}/spill"), Path(place) / "log")
            refresher.start()
            try:
                async with pool.connection() as db:
                    await db.execute("drop table if exists due_then")
                    await db.execute(_REMEMBER)
                    wait = await until_first(db) + seconds + SETTLE
                await asyncio.sleep(wait)
                async with pool.connection() as db:
                    (row,) = await (await db.execute(_LATE, (WARM,))).fetchall()
            finally:
                refresher.kill()
    return row[0], row[1]


async def until_first(db: AsyncConnection) -> float:
    """Seconds until the first one is due."""
    cursor = await db.execute("select extract(epoch from min(due_at) - clock_timestamp()) from due_then")
    ((seconds,),) = await cursor.fetchall()
    if seconds < 1:
        raise RuntimeError("it took too long to fill the vault: raise LEAD")
    return float(seconds)


def settings(database: str, spill: str) -> dict[str, str]:
    return {
        "AUTHPULSE_DATABASE_URL": database,
        "AUTHPULSE_SEALING_KEYS": f"bench:{base64.b64encode(KEY).decode()}",
        "AUTHPULSE_NATS_URL": "nats://127.0.0.1:9",
        "AUTHPULSE_SPILL_DIR": spill,
        "AUTHPULSE_LOG_LEVEL": "ERROR",
    }


async def main(seconds: int, connections: int) -> None:
    sys.stdout.write(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; {connections:,} connections, ")
    sys.stdout.write(f"{RATE} due a second for {seconds} s\n\n| | refreshed | p50 ms | p99 ms | longest ms |\n")
    sys.stdout.write("|---|---|---|---|---|\n")
    p99s = []
    async with token_endpoint() as port, vault_database() as database:
        for name, first in (("all ten answer in 50 ms", FAST), ("one of ten hangs for 30 s", HUNG)):
            pauses = [first, *[FAST] * (len(HOSTS) - 1)]
            urls = [f"http://{host}:{port}/{pause}/token" for host, pause in zip(HOSTS, pauses, strict=True)]
            refreshed, (p50, p99, longest) = await lateness(database, urls, seconds, connections)
            sys.stdout.write(f"| {name} | {refreshed} | {p50:.0f} | {p99:.0f} | {longest:.0f} |\n")
            sys.stdout.flush()
            p99s.append(p99)
    sys.stdout.write(f"\np99 with one that hangs to p99 without: {p99s[1] / p99s[0]:.2f} (aim: at most {AIM})\n")


if __name__ == "__main__":
    given = dict(enumerate(map(int, sys.argv[1:])))
    asyncio.run(main(given.get(0, 60), given.get(1, 100_000)))
