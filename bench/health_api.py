"""What health-api costs: the bulk answer against a bare ASGI app, its times by number of rows, the way of one change.

Run it with `PYTHONPATH=tests uv run python bench/health_api.py [MOST_ROWS]`; PostgreSQL, NATS and all processes are its
own. Two processors are enough for the ratios to hold: one serves, the other asks.
"""

import asyncio
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from statistics import quantiles

import httpx
import psutil
from asking import ask_for, head
from hops import bare_hops, our_hops

from authpulse_chassis.migrate import migrate
from support.events import event
from support.ledger import BEARER, BULK, Api, attended, record, running_api
from support.servers import free_port, nats_server, postgres, until

SIZES = (100, 1_000, 10_000, 100_000)
AIM = 0.6
"""Of the bare app's requests a second, at least so many."""
ROUNDS = 3
SECONDS = 2.0
CLIENTS = 4
CHANGES_A_SECOND = 50
_versions = count(2)


def say(*columns: object) -> None:
    sys.stdout.write("".join(f"{column!s:>24}" if place else f"{column!s:<38}" for place, column in enumerate(columns)))
    sys.stdout.write("\n")
    sys.stdout.flush()


def fill(api: Api, begin: int, end: int) -> None:
    """Have `end` connections, where `begin` are there, and wait until they are served."""
    for first in range(begin, end, 5_000):
        names = range(first, min(end, first + 5_000))
        asyncio.run(record(api.ledger_url, *(event(connection_name=f"c{name:06}") for name in names)))
    last = f"c{end - 1:06}"
    query = {"q": last}
    until(
        lambda: httpx.get(api.url + BULK, headers=BEARER, params=query, timeout=30).json()["connections"],
        seconds=60,
        what=last,
    )


@contextmanager
def changing(api: Api, rows: int) -> Iterator[None]:
    """50 changes a second, five at a time."""
    stop = threading.Event()

    async def change() -> None:
        while not stop.wait(5 / CHANGES_A_SECOND):
            version = next(_versions)
            names = (f"c{(version * 7 + number * 13) % rows:06}" for number in range(5))
            await record(api.ledger_url, *(event(connection_name=name, version=version) for name in names))

    thread = threading.Thread(target=lambda: asyncio.run(change()))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def compare(api: Api, folder: Path) -> None:
    """Requests a second, ours and the bare app's in turn; the best round of each."""
    answer = httpx.get(api.url + BULK, headers={**BEARER, "Accept-Encoding": "identity"})
    (folder / "body").write_bytes(answer.content)
    port = free_port()
    program = [sys.executable, str(Path(__file__).parent / "bare.py"), str(port), str(folder / "body")]
    bare = subprocess.Popen(program)  # noqa: S603 -- our own
    try:
        until(lambda: answers(port), what="the bare app")
        for name, headers in (("200", BEARER), ("304", {**BEARER, "If-None-Match": answer.headers["etag"]})):
            request = head(BULK, headers)
            rounds = [(rate(api.port, request), rate(port, request)) for _ in range(ROUNDS)]
            ours, bares = max(one for one, _ in rounds), max(one for _, one in rounds)
            say(f"bulk, 1,000 rows, {name}: requests/s", f"{ours:,.0f}", f"bare {bares:,.0f}",
                f"ratio {ours / bares:.2f}", f"aim {AIM:.1f}")  # fmt: skip
    finally:
        bare.terminate()
        bare.wait()


def rate(port: int, request: bytes) -> float:
    """Answers a second."""
    return len(ask_for(port, request, seconds=SECONDS, clients=CLIENTS)) / SECONDS


def answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}").status_code == 200  # noqa: PLR2004 -- OK
    except httpx.TransportError:
        return False


def times(api: Api, rows: int) -> None:
    for name, headers in (("", BEARER), (", zstd", {**BEARER, "Accept-Encoding": "zstd"})):
        request = head(BULK, headers)
        quiet = percentiles(ask_for(api.port, request, seconds=SECONDS, clients=1))
        with changing(api, rows):
            busy = percentiles(ask_for(api.port, request, seconds=SECONDS, clients=1))
        say(f"bulk, {rows:,} rows{name}: p50 / p99 ms", quiet, f"changing {busy}")


def percentiles(took: list[float]) -> str:
    cuts = quantiles(took, n=100, method="inclusive") if len(took) > 1 else [took[0]] * 99
    return f"{cuts[49] * 1000:.2f} / {cuts[98] * 1000:.2f}"


def memory(api: Api) -> float:
    """Resident megabytes of the process."""
    return float(psutil.Process(api.process.pid).memory_info().rss) / 2**20


def main(folder: Path, most: int) -> None:
    with nats_server(folder / "nats") as bus, postgres() as database:
        url = database.url.format(database="postgres")
        asyncio.run(migrate(url, "authpulse_event_store"))
        with attended(url, bus.url), running_api(folder, url, bus.url, AUTHPULSE_POLL_INTERVAL="0.1") as api:
            say("memory at rest: MB", f"{memory(api):.0f}")
            there = 0
            for rows in (size for size in SIZES if size <= most):
                fill(api, there, rows)
                there = rows
                if rows == 1_000:  # noqa: PLR2004 -- the number that the table names
                    compare(api, folder)
                    ours, bare = asyncio.run(our_hops(api, bus.url)), asyncio.run(bare_hops(url, bus.url))
                    say("commit to stream event: p50 / p99 ms", percentiles(ours), f"bare {percentiles(bare)}",
                        f"ratio {sorted(ours)[len(ours) // 2] / sorted(bare)[len(bare) // 2]:.1f}")  # fmt: skip
                times(api, rows)
                say(f"memory at {rows:,} rows: MB", f"{memory(api):.0f}")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        main(Path(place), int(sys.argv[1]) if len(sys.argv) > 1 else SIZES[-1])
