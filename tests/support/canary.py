"""Looks for secrets in everything that a system wrote, in whatever coding they may stand there."""

import base64
import math
import mmap
from collections.abc import Iterable, Iterator
from pathlib import Path

import psycopg
from psycopg import sql

_TABLES = "select schemaname, tablename from pg_tables where schemaname not in ('pg_catalog', 'information_schema')"
_FILES = """
    select pg_relation_filepath(oid) from pg_class
     where relkind in ('r', 'i', 't') and pg_relation_filepath(oid) is not null"""


def forms(secret: str) -> Iterator[bytes]:
    """The secret as it looks after common codings, in lower case; base64 at each of its three alignments."""
    plain = secret.encode()
    yield plain.lower()
    yield plain.hex().encode()
    for shift in range(3):
        coded = base64.b64encode(b"_" * shift + plain)
        # Without the characters that depend on what stands before and after.
        yield coded[math.ceil(shift * 4 / 3) : (shift + len(plain)) * 4 // 3].lower()


def around(content: bytes, secret: str) -> list[bytes]:
    """What stands around the first trace of each form of the secret."""
    lowered = content.lower()
    return [content[max(0, at - 60) : at + 60] for form in forms(secret) if (at := lowered.find(form)) >= 0]


def bytes_of(folder: Path) -> bytes:
    """All files below `folder`."""
    return b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())


def dump(url: str) -> bytes:
    """Every row of every table of the database, as text."""
    rows_of = sql.SQL("select t::text from {} t")
    with psycopg.connect(url) as db:
        queries = [rows_of.format(sql.Identifier(*table)) for table in db.execute(_TABLES).fetchall()]
        lines = [line for query in queries for (line,) in db.execute(query).fetchall()]
    return "\n".join(lines).encode()


def in_files(url: str, secrets: Iterable[str]) -> dict[str, list[str]]:
    """In which of PostgreSQL's own files each secret stands as it is: tables, indexes, write-ahead log."""
    found: dict[str, list[str]] = {}
    sought = [secret.encode() for secret in secrets]
    for file in _files(url):
        with file.open("rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as content:
            for secret in sought:
                if content.find(secret) >= 0:
                    found.setdefault(secret.decode(), []).append(str(file))
    return found


def _files(url: str) -> list[Path]:
    with psycopg.connect(url, autocommit=True) as db:
        # What is in memory only is to be in the files too.
        db.execute("checkpoint")
        ((place,),) = db.execute("show data_directory").fetchall()
        files = [Path(place, name) for (name,) in db.execute(_FILES).fetchall()]
    return [file for file in (*files, *Path(place, "pg_wal").iterdir()) if file.is_file() and file.stat().st_size]
