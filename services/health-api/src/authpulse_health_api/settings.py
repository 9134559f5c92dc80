"""The settings of the health-api."""

from typing import Annotated
from urllib.parse import urlsplit

from msgspec import Meta, Struct

from authpulse_chassis.kinds import Address, DatabaseUrl, LogLevel, NatsUrl, ProbeAddress
from authpulse_chassis.settings import SettingsError, read_settings
from authpulse_contract.secret import Secret


class Settings(Struct, frozen=True, kw_only=True):
    """Each member is the variable `AUTHPULSE_<MEMBER>`."""

    database_url: Annotated[
        DatabaseUrl, Meta(description="It should be a PostgreSQL URL of the ledger; a role that may read is enough.")
    ]
    admin_token: Annotated[
        Secret, Meta(description="The bearer token of the administrator: printable ASCII without blanks.")
    ]
    nats_url: NatsUrl = Secret("nats://127.0.0.1:4222")
    http: Annotated[
        Address, Meta(description="It should be the HOST:PORT to serve at, such as 127.0.0.1:8080 or [::1]:8080.")
    ] = "127.0.0.1:8080"
    probe: ProbeAddress = None
    public_url: Annotated[
        str | None, Meta(description="The URL that browsers use where it differs, such as https://authpulse.example.")
    ] = None
    poll_interval: Annotated[
        float, Meta(gt=0, le=60, description="Seconds between looks at the ledger while no tick comes.")
    ] = 1.0
    log_level: LogLevel = "INFO"


def read() -> Settings:
    """The settings from the environment. Raises `SettingsError`, naming the variable and what it should be."""
    settings = read_settings(Settings)
    token = settings.admin_token.reveal()
    if not token or not all("!" <= character <= "~" for character in token):
        raise SettingsError("AUTHPULSE_ADMIN_TOKEN cannot be used: it must be printable ASCII without blanks.")
    public_origin_of(settings)
    return settings


def public_origin_of(settings: Settings) -> str | None:
    """Scheme and authority of `public_url`, as browsers write them into `Origin`. Raises `SettingsError`."""
    if settings.public_url is None:
        return None
    parts = urlsplit(settings.public_url)
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        raise SettingsError(
            f"AUTHPULSE_PUBLIC_URL is {settings.public_url!r}. It should be such as https://authpulse.example."
        )
    return f"{parts.scheme}://{parts.netloc}".lower()
