"""URLs and levels that cannot be used are refused by name, without repeating the password in them."""

import pytest
from msgspec import Struct

from authpulse_chassis.kinds import DatabaseUrl, LogLevel, NatsUrl
from authpulse_chassis.settings import SettingsError, read_settings
from authpulse_contract.secret import Secret

URL = "postgresql://ada:pw@db/vault"


class Some(Struct, frozen=True, kw_only=True):
    database_url: DatabaseUrl
    nats_url: NatsUrl = Secret("nats://127.0.0.1:4222")
    log_level: LogLevel = "INFO"


@pytest.mark.parametrize(
    "url", [URL, "postgres://%2Frun%2Fpostgresql/vault?sslmode=verify-full", "postgresql:///vault"]
)
@pytest.mark.parametrize("nats", ["nats://nats", "tls://ada:pw@nats:4222, nats://[::1]:4223", "wss://nats/path"])
def test_urls_in_all_their_forms_are_taken(url: str, nats: str) -> None:
    environ = {"AUTHPULSE_DATABASE_URL": url, "AUTHPULSE_NATS_URL": nats}
    assert read_settings(Some, environ) == Some(database_url=Secret(url), nats_url=Secret(nats))


@pytest.mark.parametrize(
    ("environ", "variable"),
    [
        ({"DATABASE_URL": "host=db password=pLaNtEd"}, "AUTHPULSE_DATABASE_URL"),
        ({"DATABASE_URL": "postgresql://ada:pLaNtEd@db:port/vault%"}, "AUTHPULSE_DATABASE_URL"),
        ({"DATABASE_URL": URL, "NATS_URL": "http://pLaNtEd@nats"}, "AUTHPULSE_NATS_URL"),
        ({"DATABASE_URL": URL, "NATS_URL": "nats://nats:1,nats://:2"}, "AUTHPULSE_NATS_URL"),
        ({"DATABASE_URL": URL, "NATS_URL": "nats://pLaNtEd@nats:port"}, "AUTHPULSE_NATS_URL"),
        ({"DATABASE_URL": URL, "LOG_LEVEL": "LOUD"}, "AUTHPULSE_LOG_LEVEL"),
    ],
)
def test_the_variable_at_fault_is_named_and_its_secret_is_not(environ: dict[str, str], variable: str) -> None:
    with pytest.raises(SettingsError) as refusal:
        read_settings(Some, {f"AUTHPULSE_{name}": value for name, value in environ.items()})
    assert variable in str(refusal.value)
    assert "pLaNtEd" not in str(refusal.value)
