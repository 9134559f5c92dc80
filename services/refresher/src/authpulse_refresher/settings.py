"""What the refresher can be told from outside."""

from typing import Annotated

from msgspec import Meta

from authpulse_chassis.bus import BusSettings
from authpulse_chassis.kinds import DatabaseUrl, LogLevel, ProbeAddress
from authpulse_contract.secret import Secret
from authpulse_refresher.decision.unknown import HOLD


class Settings(BusSettings, frozen=True, kw_only=True):
    """Read once in `main`; each member from `AUTHPULSE_` and its name in capitals, or from the file in `..._FILE`."""

    database_url: DatabaseUrl
    sealing_keys: Annotated[
        Secret,
        Meta(
            description='It should be the keys that seal tokens, "ID:KEY[,ID:KEY...]": 32 bytes each in base64, '
            "the first one active."
        ),
    ]
    log_level: LogLevel = "INFO"
    probe: ProbeAddress = None
    migrate: Annotated[bool, Meta(description="Whether to bring the schema up to date at start: true or false.")] = True
    in_flight: Annotated[
        int, Meta(ge=1, description="How many refreshes may wait for their identity provider at once.")
    ] = 256
    in_flight_per_host: Annotated[int, Meta(ge=1, description="How many of them at one identity provider's host.")] = 64
    rate_per_host: Annotated[
        float, Meta(gt=0, description="How many refreshes may begin in a second at one identity provider's host.")
    ] = 1000.0
    idp_deadline: Annotated[
        float,
        Meta(
            gt=0,
            description="Seconds for one answer of an identity provider, from name resolution to last byte. After "
            "SIGTERM nothing new begins, and what was begun is waited for, at most this and 30 s more.",
        ),
    ] = 30.0
    keep_refused_days: Annotated[
        float,
        Meta(
            ge=0,
            le=365,
            description="Days that the refresh token of a client that was refused (invalid_client) is kept aside, "
            "sealed, to be tried again once the client is put right; 0: not at all.",
        ),
    ] = 7.0
    allow_link_local: Annotated[
        bool,
        Meta(description="Whether identity providers may have link-local or cloud metadata addresses: true or false."),
    ] = False
    idp_traceparent: Annotated[
        bool,
        Meta(
            description="Whether identity providers are told which trace a request belongs to (traceparent): true or "
            "false."
        ),
    ] = False
    database_connections: Annotated[int, Meta(ge=2, description="How many connections to PostgreSQL at most.")] = 16
    spill_dir: Annotated[
        str | None,
        Meta(
            description="A folder, kept across restarts and shared by the refreshers of one machine, for answers that "
            "have come and are not stored yet (sealed, mode 0600). Unset: a crash at the wrong moment can lose a token."
        ),
    ] = None
    idp_traits: Annotated[
        str | None,
        Meta(
            description="How identity providers treat a spent refresh token, by host: TOML in the form of "
            "idp_traits.toml, best kept in a file (AUTHPULSE_IDP_TRAITS_FILE). It comes before what is built in."
        ),
    ] = None
    unknown_hold: Annotated[
        float,
        Meta(
            ge=0,
            description="Seconds to wait for a refresher that fell silent while it was refreshing, where using the "
            "refresh token again could kill the answer that it may have.",
        ),
    ] = HOLD
    poll_interval: Annotated[float, Meta(gt=0, description="Seconds between two looks for what is due.")] = 1.0
