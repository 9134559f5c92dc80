"""The settings of the health-api."""

from typing import Annotated
from urllib.parse import urlsplit

from msgspec import Meta

from authpulse_chassis.bus import BusSettings
from authpulse_chassis.kinds import Address, DatabaseUrl, LogLevel, ProbeAddress
from authpulse_chassis.settings import SettingsError, read_settings
from authpulse_contract.hosts import is_loopback
from authpulse_contract.secret import Secret
from authpulse_health_api.admission.keys import KeysError, read_keys
from authpulse_health_api.admission.oidc import Issuer
from authpulse_health_api.admission.principal import Principal


class Settings(BusSettings, frozen=True, kw_only=True):
    """Each member is the variable `AUTHPULSE_<MEMBER>`."""

    database_url: Annotated[
        DatabaseUrl, Meta(description="It should be a PostgreSQL URL of the ledger; a role that may read is enough.")
    ]
    admin_token: Annotated[
        Secret, Meta(description="The bearer token of the administrator: printable ASCII without blanks.")
    ]
    http: Annotated[
        Address, Meta(description="It should be the HOST:PORT to serve at, such as 127.0.0.1:8080 or [::1]:8080.")
    ] = "127.0.0.1:8080"
    probe: ProbeAddress = None
    public_url: Annotated[
        str | None, Meta(description="The URL that browsers use where it differs, such as https://authpulse.example.")
    ] = None
    api_keys: Annotated[
        Secret | None,
        Meta(description="API keys, NAME:ROLE:SHA256 each, with line breaks or commas; `new_key` makes them."),
    ] = None
    oidc_issuer: Annotated[
        str | None, Meta(description="The OIDC issuer whose bearer tokens are accepted, as it stands in `iss`.")
    ] = None
    oidc_audience: Annotated[str | None, Meta(description="What must stand in `aud`; needed with an issuer.")] = None
    oidc_jwks_url: Annotated[
        str | None, Meta(description="Where the issuer's keys are, if its metadata does not say.")
    ] = None
    oidc_name_claim: Annotated[str, Meta(description="The claim that names the actor of commands.")] = "sub"
    oidc_roles_claim: Annotated[
        str, Meta(description="The claim with the roles; a dot leads into an object, as in realm_access.roles.")
    ] = "roles"
    oidc_admin_role: Annotated[str, Meta(description="The role that may command.")] = "authpulse-admin"
    oidc_viewer_role: Annotated[str, Meta(description="The role that may look.")] = "authpulse-viewer"
    failed_sign_ins: Annotated[
        int, Meta(ge=1, description="Tokens that are not good, from one address in a minute, before it has to wait.")
    ] = 10
    proxies: Annotated[
        int, Meta(ge=0, le=10, description="Proxies of yours before this service, each adding to X-Forwarded-For.")
    ] = 0
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
    keys_of(settings)
    issuer_of(settings)
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


def keys_of(settings: Settings) -> dict[str, Principal]:
    """The API keys by digest. Raises `SettingsError`."""
    try:
        return read_keys(settings.api_keys.reveal()) if settings.api_keys else {}
    except KeysError as failure:
        raise SettingsError(f"AUTHPULSE_API_KEYS cannot be used: {failure}.") from None


def issuer_of(settings: Settings) -> Issuer | None:
    """Whose bearer tokens are accepted besides. Raises `SettingsError`."""
    if settings.oidc_issuer is None:
        return None
    for variable, url in (("ISSUER", settings.oidc_issuer), ("JWKS_URL", settings.oidc_jwks_url)):
        if url is not None and not is_private(url):
            raise SettingsError(f"AUTHPULSE_OIDC_{variable} is {url!r}. It should begin with https://.")
    if not settings.oidc_audience:
        raise SettingsError("AUTHPULSE_OIDC_AUDIENCE is not set. Without it a token for anybody would do.")
    return Issuer(
        issuer=settings.oidc_issuer,
        audience=settings.oidc_audience,
        name_claim=settings.oidc_name_claim,
        roles_claim=settings.oidc_roles_claim,
        admin_role=settings.oidc_admin_role,
        viewer_role=settings.oidc_viewer_role,
    )


def is_private(url: str) -> bool:
    """Whether nobody on the way could put in keys of their own: https, or this very machine."""
    parts = urlsplit(url)
    return bool(parts.hostname) and (
        parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or ""))
    )
