"""One POST an attempt, one deadline, a bounded answer, and a true word for what went wrong."""

import asyncio
import base64
import gzip
import socket
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs
from uuid import UUID

import pytest

from authpulse_contract.connections import ClientAuth, OAuthConfig
from authpulse_contract.secret import Secret
from authpulse_refresher.model import Answer as Answered
from authpulse_refresher.model import Connection, NoAnswer, Tokens
from authpulse_refresher.provider.idp import BODY_LIMIT, ask
from authpulse_refresher.provider.token_request import refresh_request
from authpulse_refresher.provider.wire import Wires
from support.authority import Authority, https
from support.idp import Answer, Client, Delay, Hang, Idp, Raw, Reset, Slow
from support.servers import free_port, until

DEADLINE = 5.0


def connection(client: Client, *, spends: str = "rt-0", auth: ClientAuth = "basic", **oauth: object) -> Connection:
    config = {"grant": "authorization_code", "token_url": client.token_url, "client_id": client.client_id} | oauth
    return Connection(
        connection_id=UUID(int=1),
        kind="api",
        name="crm",
        version=1,
        generation=1,
        declared_by="file",
        oauth=OAuthConfig(client_auth=auth, **config),  # type: ignore[arg-type]  # whatever the test says
        client_secret=Secret(client.secret),
        tokens=Tokens(refresh_token=Secret(spends)),
    )


async def asked(wires: Wires, client: Client, **members: object) -> Answered | NoAnswer:
    answer, _ = await ask(wires, connection(client, **members), deadline=DEADLINE)  # type: ignore[arg-type]
    return answer


@pytest.mark.parametrize("auth", ["basic", "basic_raw", "post", "none"])
async def test_each_way_to_authenticate_is_understood_even_with_an_awkward_secret(
    wires: Wires, idp: Idp, auth: ClientAuth
) -> None:
    awkward = "" if auth == "none" else "a+b/c=d&e %f:gé"
    crm = idp.client("id with blank&+", secret=awkward, auth=auth)
    answer = await asked(wires, crm, auth=auth, spends=crm.issue())
    assert isinstance(answer, Answered)
    assert answer.status == 200
    assert [post.outcome for post in crm.posts] == ["issued"]


async def test_client_credentials_ask_for_their_scopes_and_a_refresh_for_none(idp: Idp) -> None:
    crm = idp.client("crm", secret="s")
    machine = connection(crm, grant="client_credentials", scopes=("read", "write"), token_params={"audience": "x&y"})
    person = connection(crm, scopes=("read",))
    assert machine.oauth
    assert person.oauth
    assert form(refresh_request(machine.oauth, machine.client_secret, None).content) == {
        "grant_type": "client_credentials",
        "scope": "read write",
        "audience": "x&y",
    }
    assert form(refresh_request(person.oauth, person.client_secret, person.tokens).content) == {
        "grant_type": "refresh_token",
        "refresh_token": "rt-0",
    }


def form(body: bytes) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(body.decode(), strict_parsing=True).items()}


async def test_the_answer_comes_as_it_was_sent_with_lower_case_header_names(wires: Wires, idp: Idp) -> None:
    crm = idp.client("crm", secret="s")
    crm.next(Answer(status=429, body=b"\x00\xffslow down", headers={"Retry-After": "7", "Content-Type": "text/plain"}))
    answer = await asked(wires, crm)
    assert isinstance(answer, Answered)
    assert (answer.status, answer.body, answer.truncated) == (429, b"\x00\xffslow down", False)
    assert answer.headers["retry-after"] == "7"


async def test_a_redirect_is_an_answer_and_not_followed(wires: Wires, idp: Idp) -> None:
    crm, elsewhere = idp.client("crm", secret="s"), idp.client("other", secret="s")
    for location in (elsewhere.token_url, "http://[broken", ""):
        crm.next(Answer(status=307, headers={"Location": location}))
        answer = await asked(wires, crm)
        assert isinstance(answer, Answered)
        assert answer.status == 307
    assert elsewhere.posts == []


async def test_no_cookie_is_kept_or_sent(wires: Wires, idp: Idp) -> None:
    crm = idp.client("crm", secret="s")
    crm.always(lambda sent: Answer(status=200, body=repr(sent.headers).encode(), headers={"Set-Cookie": "a=b; Path=/"}))
    for _ in range(2):
        # By name: aiohttp's own jar would not keep the cookies of an address.
        answer = await asked(wires, crm, token_url=crm.token_url.replace("127.0.0.1", "localhost"))
        assert isinstance(answer, Answered)
        assert b"cookie" not in answer.body
        assert b"'accept-encoding': 'identity'" in answer.body


async def test_a_proxy_of_the_environment_never_sees_a_secret(
    wires: Wires, idp: Idp, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(variable, f"http://127.0.0.1:{free_port()}")
    crm = idp.client("crm", secret="s")
    assert isinstance(await asked(wires, crm, spends=crm.issue()), Answered)


async def test_a_name_that_does_not_resolve_was_not_sent(wires: Wires, idp: Idp) -> None:
    crm = idp.client("crm", secret="s")
    answer = await asked(wires, crm, token_url="http://nowhere.invalid/token")
    assert answer == NoAnswer(cause="dns", sent=False)


async def test_a_port_where_nobody_listens_was_not_sent(wires: Wires, idp: Idp) -> None:
    crm = idp.client("crm", secret="s")
    answer = await asked(wires, crm, token_url=f"http://127.0.0.1:{free_port()}/token")
    assert answer == NoAnswer(cause="connect", sent=False)


async def test_an_https_handshake_with_a_plain_server_was_not_sent(wires: Wires, idp: Idp) -> None:
    crm = idp.client("crm", secret="s")
    answer = await asked(wires, crm, token_url=crm.token_url.replace("http:", "https:"))
    assert answer == NoAnswer(cause="tls", sent=False)


@pytest.mark.parametrize(
    "url", ["http://", "nonsense", "ftp://127.0.0.1/token", "http://a:b@127.0.0.1:1/x", "http://[::"]
)
async def test_an_address_that_cannot_be_asked_was_not_sent(wires: Wires, idp: Idp, url: str) -> None:
    answer = await asked(wires, idp.client("crm", secret="s"), token_url=url)
    assert isinstance(answer, NoAnswer)
    assert not answer.sent
    assert answer.cause in {"address", "unsendable", "connect"}


async def test_a_reset_may_have_been_obeyed(wires: Wires, idp: Idp) -> None:
    crm = idp.client("crm", secret="s")
    crm.next(Reset(obey=True))
    assert await asked(wires, crm, spends=crm.issue()) == NoAnswer(cause="reset", sent=True)
    assert len(crm.posts) == 1


async def test_a_server_that_hangs_up_on_a_kept_connection_does_not_get_a_second_post(wires: Wires, idp: Idp) -> None:
    """A silent second POST would present a spent token and kill the grant."""
    crm = idp.client("crm", secret="s")
    token = crm.issue()
    crm.next(Answer(status=503), Reset(obey=True))
    assert isinstance(await asked(wires, crm, spends=token), Answered)
    assert await asked(wires, crm, spends=token) == NoAnswer(cause="reset", sent=True)
    assert len(crm.posts) == 2
    assert crm.reuses == []


@pytest.mark.parametrize(
    ("data", "cause"),
    [
        (b"nonsense\r\n\r\n", "garbled"),
        (b"", "reset"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{", "reset"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "reset"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000 + b"\r\n\r\n", "garbled"),
    ],
)
async def test_a_broken_answer_may_have_been_obeyed(wires: Wires, idp: Idp, data: bytes, cause: str) -> None:
    crm = idp.client("crm", secret="s")
    crm.next(Raw(data=data))
    answer = await asked(wires, crm)
    assert answer in (NoAnswer(cause=cause, sent=True), NoAnswer(cause="garbled", sent=True))
    assert len(crm.posts) == 1


async def test_the_deadline_covers_an_answer_that_never_comes(wires: Wires, idp: Idp) -> None:
    crm = idp.client("crm", secret="s")
    crm.next(Hang())
    answer, duration_ms = await ask(wires, connection(crm), deadline=0.3)
    assert answer == NoAnswer(cause="deadline", sent=True)
    assert 300 <= duration_ms < 2000


async def test_an_answer_that_came_while_the_process_was_stopped_is_read_however_late(wires: Wires, idp: Idp) -> None:
    crm = idp.client("crm", secret="s")
    crm.next(Delay(seconds=0.3))
    asking = asyncio.create_task(ask(wires, connection(crm, spends=crm.issue()), deadline=1.0))
    while not crm.posts:  # noqa: ASYNC110 -- another thread's doing
        await asyncio.sleep(0.01)
    time.sleep(1.5)  # noqa: ASYNC251 -- nothing runs, as after SIGSTOP
    answer, _ = await asking
    assert isinstance(answer, Answered)
    assert answer.status == 200


async def test_the_deadline_covers_a_body_that_drips_for_ever(wires: Wires, idp: Idp) -> None:
    crm = idp.client("crm", secret="s")
    crm.next(Slow(chunk=b" ", pause=0.05))
    answer, duration_ms = await ask(wires, connection(crm), deadline=0.5)
    assert answer == NoAnswer(cause="deadline", sent=True)
    assert duration_ms < 2000


async def test_the_deadline_covers_a_handshake_that_never_ends(wires: Wires, idp: Idp) -> None:
    with listening() as port:
        crm = connection(idp.client("crm", secret="s"), token_url=f"https://127.0.0.1:{port}/token")
        answer, duration_ms = await ask(wires, crm, deadline=0.3)
    assert answer == NoAnswer(cause="deadline", sent=False)
    assert duration_ms < 2000


@contextmanager
def listening() -> Iterator[int]:
    """A port that accepts and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


async def test_a_body_without_end_is_cut_at_the_limit(wires: Wires, idp: Idp) -> None:
    crm = idp.client("crm", secret="s")
    crm.next(Slow(chunk=b"x" * 100_000))
    answer = await asked(wires, crm)
    assert isinstance(answer, Answered)
    assert (len(answer.body), answer.truncated) == (BODY_LIMIT, True)


async def test_a_body_of_just_the_limit_is_whole(wires: Wires, idp: Idp) -> None:
    crm = idp.client("crm", secret="s")
    crm.next(Answer(status=200, body=b"x" * BODY_LIMIT))
    answer = await asked(wires, crm)
    assert isinstance(answer, Answered)
    assert (len(answer.body), answer.truncated) == (BODY_LIMIT, False)


@pytest.mark.parametrize(
    ("coding", "compress"), [("gzip", gzip.compress), ("x-gzip", gzip.compress), ("Deflate", zlib.compress)]
)
async def test_a_compressed_answer_is_read_although_nobody_asked_for_it(
    wires: Wires, idp: Idp, coding: str, compress: object
) -> None:
    crm = idp.client("crm", secret="s")
    crm.next(Answer(status=200, body=compress(b'{"a":1}'), headers={"Content-Encoding": coding}))  # type: ignore[operator]
    answer = await asked(wires, crm)
    assert isinstance(answer, Answered)
    assert answer.body == b'{"a":1}'


async def test_a_compression_bomb_grows_to_the_limit_and_no_further(wires: Wires, idp: Idp) -> None:
    crm = idp.client("crm", secret="s")
    crm.next(Answer(status=200, body=gzip.compress(bytes(200 * BODY_LIMIT)), headers={"Content-Encoding": "gzip"}))
    answer = await asked(wires, crm)
    assert isinstance(answer, Answered)
    assert (len(answer.body), answer.truncated) == (BODY_LIMIT, True)


async def test_a_falsely_declared_compression_gives_the_bytes_as_they_are(wires: Wires, idp: Idp) -> None:
    crm = idp.client("crm", secret="s")
    crm.next(Answer(status=200, body=b'{"a":1}', headers={"Content-Encoding": "gzip"}))
    answer = await asked(wires, crm)
    assert isinstance(answer, Answered)
    assert answer.body == b'{"a":1}'


async def test_more_than_a_hundred_may_be_under_way_at_one_host(wires: Wires, idp: Idp) -> None:
    crm = idp.client("crm", secret="s")
    crm.always(Hang())
    asking = [asyncio.create_task(ask(wires, connection(crm), deadline=20)) for _ in range(150)]
    await asyncio.to_thread(until, lambda: len(crm.posts) >= 150, what="150 requests")
    for task in asking:
        task.cancel()
    await asyncio.gather(*asking, return_exceptions=True)


async def test_a_private_authority_is_trusted_by_the_connection_that_names_it_and_by_no_other(
    wires: Wires, idp: Idp, tmp_path: Path
) -> None:
    crm, authority, ca_file = idp.client("crm", secret="s"), Authority(), tmp_path / "ca.pem"
    ca_file.write_bytes(authority.pem)
    with https(authority.vouch(tmp_path / "server.pem")) as url:
        assert isinstance(await asked(wires, crm, token_url=url, ca_file=str(ca_file)), Answered)
        assert await asked(wires, crm, token_url=url) == NoAnswer(cause="tls", sent=False)


async def test_a_renewed_authority_is_read_without_a_restart(wires: Wires, idp: Idp, tmp_path: Path) -> None:
    crm, old, new, ca_file = idp.client("crm", secret="s"), Authority(), Authority(), tmp_path / "ca.pem"
    ca_file.write_bytes(old.pem)
    with https(new.vouch(tmp_path / "server.pem")) as url:
        assert await asked(wires, crm, token_url=url, ca_file=str(ca_file)) == NoAnswer(cause="tls", sent=False)
        ca_file.write_bytes(new.pem)
        assert isinstance(await asked(wires, crm, token_url=url, ca_file=str(ca_file)), Answered)


async def test_a_missing_authority_file_was_not_sent(wires: Wires, idp: Idp, tmp_path: Path) -> None:
    answer = await asked(wires, idp.client("crm", secret="s"), ca_file=str(tmp_path / "none.pem"))
    assert answer == NoAnswer(cause="ca_file", sent=False)


async def test_basic_credentials_are_form_encoded_first_and_raw_ones_are_not(idp: Idp) -> None:
    """RFC 6749 2.3.1"""
    for auth, expected in (("basic", "i%3Ad:s%2B%2F%3D"), ("basic_raw", "i:d:s+/=")):
        crm = connection(idp.client("i:d", secret="s+/="), auth=auth)  # type: ignore[arg-type]
        assert crm.oauth
        headers = refresh_request(crm.oauth, crm.client_secret, crm.tokens).headers
        assert base64.b64decode(headers["authorization"].removeprefix("Basic ")).decode() == expected
