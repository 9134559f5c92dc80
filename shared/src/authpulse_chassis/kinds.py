"""The kinds of settings that every service has, each with what it should be and how to tell."""

from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

import psycopg
from msgspec import Meta
from psycopg.conninfo import conninfo_to_dict

from authpulse_chassis.address import host_and_port
from authpulse_chassis.settings import Usable
from authpulse_contract.secret import Secret

_NATS_SCHEMES: Final = {"nats", "tls", "ws", "wss"}


def _names_postgres(text: str) -> bool:
    try:
        conninfo_to_dict(text)
    except psycopg.ProgrammingError:
        return False
    return text.startswith(("postgresql://", "postgres://"))


def _names_nats(text: str) -> bool:
    try:
        servers = [urlsplit(server.strip()) for server in text.split(",")]
        # Reading the port is what finds it wrong.
        return all(server.scheme in _NATS_SCHEMES and server.hostname and server.port != 0 for server in servers)
    except ValueError:
        return False


def _names_address(text: str) -> bool:
    try:
        host_and_port(text)
    except ValueError:
        return False
    return True


Address = Annotated[
    str, Meta(description="It should be HOST:PORT, such as 127.0.0.1:8080 or [::1]:8080."), Usable(_names_address)
]
ProbeAddress = Annotated[
    str | None,
    Meta(description="It should be the HOST:PORT to answer /healthz, /readyz and /metrics at, such as 0.0.0.0:8081."),
    Usable(_names_address),
]
DatabaseUrl = Annotated[
    Secret,
    Meta(description="It should be the URL of a PostgreSQL database: postgresql://USER:PASSWORD@HOST/DATABASE."),
    Usable(_names_postgres),
]
NatsUrl = Annotated[
    Secret,
    Meta(description="It should be the URL of NATS, such as nats://HOST:4222; several with commas."),
    Usable(_names_nats),
]
LogLevel = Annotated[
    Literal["DEBUG", "INFO", "WARNING", "ERROR"], Meta(description="It should be DEBUG, INFO, WARNING or ERROR.")
]
