"""The tests' IdP does what the tests rely on."""

from collections.abc import Iterator

import httpx
import pytest

from support.idp import Answer, Client, Delay, Hang, Idp, Raw, Reset, Slow


@pytest.fixture
def idp() -> Iterator[Idp]:
    with Idp() as server:
        yield server


def post(client: Client, token: str, *, secret: str | None = None, seconds: float = 5.0) -> httpx.Response:
    form = {"grant_type": "refresh_token", "refresh_token": token}
    return httpx.post(client.token_url, data=form, auth=(client.client_id, secret or client.secret), timeout=seconds)


def test_a_refresh_token_works_once_and_its_reuse_kills_the_family(idp: Idp) -> None:
    crm = idp.client("crm", secret="s3cret")
    first = crm.issue()
    second = post(crm, first).json()["refresh_token"]
    assert second != first
    assert post(crm, first).json() == {"error": "invalid_grant"}
    assert post(crm, second).json() == {"error": "invalid_grant"}
    assert [(p.outcome, p.reused) for p in crm.posts] == [
        ("issued", False),
        ("invalid_grant", True),
        ("invalid_grant", False),
    ]
    assert (crm.killed, len(crm.reuses)) == (1, 1)


def test_within_the_grace_a_spent_token_gets_another_successor(idp: Idp) -> None:
    crm = idp.client("crm", secret="s3cret", grace=60)
    token = crm.issue()
    assert post(crm, token).status_code == post(crm, token).status_code == 200
    assert (crm.killed, len(crm.reuses)) == (0, 1)


def test_of_spent_tokens_the_previous_one_alone_may_be_taken_however_late(idp: Idp) -> None:
    crm = idp.client("crm", secret="s3cret", rotation="previous_only")
    first = crm.issue()
    lost, second = (post(crm, first).json()["refresh_token"] for _ in range(2))
    third = post(crm, second).json()["refresh_token"]
    assert post(crm, lost).json() == {"error": "invalid_grant"}
    assert post(crm, second).status_code == 200
    assert post(crm, first).json() == {"error": "invalid_grant"}
    assert post(crm, third).json() == {"error": "invalid_grant"}
    assert crm.killed == 1
    assert crm.tally == {"issued": 4, "invalid_grant": 3}


def test_a_changed_secret_is_refused_with_401_invalid_client(idp: Idp) -> None:
    crm = idp.client("crm", secret="s3cret")
    token = crm.issue()
    crm.secret = "another"
    answer = post(crm, token, secret="s3cret")
    assert (answer.status_code, answer.json()) == (401, {"error": "invalid_client"})


def test_an_answer_that_obeys_spends_the_token_that_it_does_not_replace(idp: Idp) -> None:
    crm = idp.client("crm", secret="s3cret")
    token = crm.issue()
    crm.next(Answer.error(503), Answer.error(502, obey=True))
    assert [post(crm, token).status_code for _ in range(3)] == [503, 502, 400]
    assert [(p.outcome, p.reused, p.obeyed) for p in crm.posts] == [
        ("Answer", False, False),
        ("Answer", False, True),
        ("invalid_grant", True, False),
    ]


def test_it_resets_hangs_delays_trickles_and_speaks_raw_as_told(idp: Idp) -> None:
    crm = idp.client("crm", secret="s3cret")
    crm.next(Reset(), Hang(), Raw(data=b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"), Slow(chunk=b"x", times=3))
    token = crm.issue()
    with pytest.raises(httpx.TransportError):
        post(crm, token)
    with pytest.raises(httpx.ReadTimeout):
        post(crm, token, seconds=0.2)
    with pytest.raises(httpx.RemoteProtocolError):
        post(crm, token)
    assert post(crm, token).text == "xxx"
    crm.always(Delay(seconds=0.1))
    assert post(crm, token).elapsed.total_seconds() >= 0.1


def test_an_answer_can_echo_what_was_sent(idp: Idp) -> None:
    crm = idp.client("crm", secret="s3cret")
    crm.next(lambda sent: Answer.error(400, f"bad {sent.refresh_token} {sent.secret}"))
    token = crm.issue()
    assert post(crm, token).json() == {"error": f"bad {token} s3cret"}


def test_an_outage_ends_on_the_same_port_with_the_books_intact(idp: Idp) -> None:
    crm = idp.client("crm", secret="s3cret")
    token = crm.issue()
    idp.stop()
    with pytest.raises(httpx.ConnectError):
        post(crm, token)
    idp.start()
    assert post(crm, token).status_code == 200
