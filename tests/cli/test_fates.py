from hypothesis import given
from hypothesis import strategies as st

from authpulse_cli.demo.credentials import client_secret, refresh_token, serial_of
from authpulse_cli.demo.fates import FATES, Fate, phase

ages = st.floats(0, 1e6)
clients = st.sampled_from(sorted(FATES))


@given(clients, ages)
def test_every_moment_of_a_fate_has_a_phase(client: str, age: float) -> None:
    assert phase(FATES[client], age) in FATES[client].phases


@given(clients, st.integers(0, 1000))
def test_what_happens_again_happens_alike_and_what_does_not_stays(client: str, age: int) -> None:
    fate = FATES[client]
    whole = sum(each.seconds for each in fate.phases)
    expected = phase(fate, age) if fate.again else fate.phases[-1]
    assert phase(fate, age + whole) == expected


@given(clients, st.integers(0, 2**63), st.text())
def test_a_refresh_token_is_known_by_its_own_client_and_key_alone(client: str, serial: int, other: str) -> None:
    token = refresh_token("key", client, serial)
    assert serial_of("key", client, token) == serial
    assert serial_of("another", client, token) is None
    assert serial_of("key", client + "x", token) is None
    assert serial_of("key", client, other) is None


def test_a_client_has_one_secret_and_each_its_own() -> None:
    secrets = {client_secret("key", client) for client in FATES}
    assert len(secrets) == len(FATES)


def test_a_fate_that_ends_has_a_last_phase() -> None:
    ending: list[Fate] = [fate for fate in FATES.values() if not fate.again]
    assert {fate.phases[-1].error for fate in ending} == {"invalid_client", "invalid_grant"}
