"""Codings: what the client takes, and that every coding is the same answer."""

import gzip

import httpx
import pytest
from backports import zstd
from hypothesis import given
from hypothesis import strategies as st

from authpulse_health_api.health.coding import Coding, choose, pack
from support.events import event
from support.ledger import BEARER, BULK, Api, record


@pytest.mark.parametrize(
    ("header", "coding"),
    [
        (None, "identity"),
        ("", "identity"),
        ("gzip, deflate, br, zstd", "zstd"),
        ("gzip, deflate", "gzip"),
        ("GZIP;q=0.5, zstd;q=0.1", "gzip"),
        ("zstd;q=0, gzip", "gzip"),
        ("*", "zstd"),
        ("*;q=0", "identity"),
        ("zstd;q=0, *;q=0.5", "gzip"),
        ("gzip;q=0.2, identity;q=0.9", "identity"),
        ("gzip;level=9", "identity"),
        ("gzip;q=high", "identity"),
    ],
)
def test_the_best_coding_that_the_client_takes_is_chosen(header: str | None, coding: Coding) -> None:
    assert choose(header) == coding


@given(st.text())
def test_any_header_leads_to_a_coding(header: str) -> None:
    assert choose(header) in {"identity", "gzip", "zstd"}


@given(st.binary())
def test_what_is_packed_can_be_unpacked(body: bytes) -> None:
    assert (gzip.decompress(pack(body, "gzip")), zstd.decompress(pack(body, "zstd"))) == (body, body)


async def test_each_coding_is_the_same_answer_under_a_tag_of_its_own(api: Api, kind: str) -> None:
    await record(api.ledger_url, *(event(connection_kind=kind, connection_name=str(name)) for name in range(20)))
    async with httpx.AsyncClient(base_url=api.url, headers={**BEARER, "Accept-Encoding": "identity"}) as client:
        while str((plain := await client.get(BULK)).content).count(kind) < 20:
            assert plain.status_code == 200
        for query in (None, {"kind": kind}):
            plain = await client.get(BULK, params=query)
            tags = {plain.headers["etag"]}
            for coding, unpack in (("gzip", gzip.decompress), ("zstd", zstd.decompress)):
                asked = client.stream("GET", BULK, params=query, headers={"Accept-Encoding": coding})
                async with asked as packed:
                    body = b"".join([piece async for piece in packed.aiter_raw()])
                assert packed.headers["content-encoding"] == coding
                assert "Accept-Encoding" in packed.headers["vary"]
                assert unpack(body) == plain.content
                tags.add(packed.headers["etag"])
                known = {"Accept-Encoding": coding, "If-None-Match": packed.headers["etag"]}
                assert (await client.get(BULK, params=query, headers=known)).status_code == 304
            assert len(tags) == 3


async def test_the_quick_answer_is_the_handlers(api: Api, kind: str) -> None:
    """All rows without a query come from outside the framework; with a filter that lets all through, from inside."""
    await record(api.ledger_url, event(connection_kind=kind))
    async with api.client() as client:
        while kind not in (inside := await client.get(BULK, params={"q": ""})).text:
            assert inside.status_code == 200
        outside = await client.get(BULK)
    assert outside.content == inside.content
    told = [{name: value for name, value in answer.headers.items() if name != "date"} for answer in (outside, inside)]
    assert told[0] == told[1]
