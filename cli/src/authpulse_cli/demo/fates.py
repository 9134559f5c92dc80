"""What happens to each demonstration client, and when: the script that the demo IdP plays."""

from typing import Final

from msgspec import Struct


class Phase(Struct, frozen=True, kw_only=True):
    """For `seconds` the IdP answers so. `status` 200: as it should."""

    seconds: float
    status: int = 200
    error: str | None = None
    retry_after: int | None = None


class Fate(Struct, frozen=True, kw_only=True):
    """The phases of one client, from the start of the IdP or its last sign-in, over and over if `again`.

    `lifetime` is that of its access tokens in seconds; `refreshable`: whether it is given refresh tokens.
    """

    client_id: str
    phases: tuple[Phase, ...]
    again: bool = True
    lifetime: int = 20
    refreshable: bool = True


HEALTHY: Final = (Phase(seconds=3600),)
FOR_GOOD: Final = 1e9

FATES: Final = {
    fate.client_id: fate
    for fate in (
        Fate(client_id="healthy-rotating", phases=HEALTHY),
        Fate(client_id="healthy-machine", phases=HEALTHY, refreshable=False),
        Fate(
            client_id="client-secret-changed",
            phases=(Phase(seconds=15), Phase(seconds=FOR_GOOD, status=401, error="invalid_client")),
            again=False,
        ),
        Fate(
            client_id="grant-revoked",
            phases=(Phase(seconds=25), Phase(seconds=FOR_GOOD, status=400, error="invalid_grant")),
            again=False,
        ),
        # Healthy for longer than the pause that a refresher has grown to by the end of the trouble.
        Fate(
            client_id="idp-outage",
            phases=(Phase(seconds=10), Phase(seconds=20, status=503), Phase(seconds=40)),
        ),
        Fate(
            client_id="idp-throttling",
            phases=(
                Phase(seconds=20),
                Phase(seconds=20, status=429, error="slow_down", retry_after=5),
                Phase(seconds=40),
            ),
        ),
        Fate(client_id="no-refresh-token", phases=HEALTHY, lifetime=30, refreshable=False),
        Fate(client_id="never-connected", phases=HEALTHY),
    )
}


def phase(fate: Fate, age: float) -> Phase:
    """The phase that `fate` is in, `age` seconds after its beginning."""
    whole = sum(each.seconds for each in fate.phases)
    left = age % whole if fate.again else age
    for each in fate.phases:
        if left < each.seconds:
            return each
        left -= each.seconds
    return fate.phases[-1]
