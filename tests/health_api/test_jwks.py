"""The issuer's keys: fetched once, found again after a rotation, kept while the issuer is away."""

from collections.abc import Iterator

import pytest

from authpulse_health_api.admission.jwks import IssuerAwayError, Jwks
from support.issuer import Issuer, running_issuer


class Clock:
    """Stands still until it is moved."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with running_issuer() as running:
        yield running


async def test_keys_are_fetched_once_and_again_for_one_that_is_new(issuer: Issuer) -> None:
    clock = Clock()
    keys = Jwks(issuer.url, None, clock)
    for _ in range(3):
        assert await keys.key("0") is not None
    assert await keys.key(None) is not None, "a token need not say which, if there is only one"
    assert issuer.fetches == 1
    issuer.rotate()
    assert await keys.key("1") is None, "too soon after the last fetch: unknown keys must not become a flood"
    clock.now = 11
    assert await keys.key("1") is not None
    assert await keys.key("0") is None
    assert issuer.fetches == 2


async def test_keys_are_kept_for_a_day_while_the_issuer_is_away(issuer: Issuer) -> None:
    clock = Clock()
    keys = Jwks(issuer.url, None, clock)
    assert await keys.key("0") is not None
    issuer.away = True
    clock.now = 80_000
    assert await keys.key("0") is not None
    clock.now = 90_000
    with pytest.raises(IssuerAwayError):
        await keys.key("0")
    issuer.away = False
    clock.now = 90_020
    assert await keys.key("0") is not None


async def test_without_any_keys_the_issuer_is_away(issuer: Issuer) -> None:
    issuer.away = True
    with pytest.raises(IssuerAwayError):
        await Jwks(issuer.url, f"{issuer.url}/keys").key("0")
