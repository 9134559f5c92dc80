"""The programs of one instance: two servers, three services and, for the demonstration, an identity provider."""

import functools
import os
import sys
from collections.abc import Callable
from typing import Final

from authpulse_cli.embedded.databases import LEDGER, READER, VAULT
from authpulse_cli.embedded.nats_server import NatsUser, nats_server
from authpulse_cli.embedded.postgres import postgres
from authpulse_cli.embedded.program import Program
from authpulse_cli.embedded.ready import answers_commands, serves, takes_events
from authpulse_cli.embedded.site import Site
from authpulse_contract.subjects import EVENTS, command_subject, inbox

COMMANDS: Final = command_subject(">")
TOKENS: Final = "auth.tokens.>"
_OURS: Final = (
    "DATABASE_URL",
    "NATS_URL",
    "SEALING_KEYS",
    "SPILL_DIR",
    "ADMIN_TOKEN",
    "HTTP",
    "DEMO_PORT",
    "DEMO_KEY",
    "DATA",
)


def nats_program(site: Site) -> Program:
    """The NATS server. Raises `CommandError`."""
    # Commands carry client secrets, answers to auth.tokens.get carry tokens: neither is for those who serve facts.
    hush = (COMMANDS, TOKENS)
    # Nor are the answers, whoever asked, with an inbox of its own or with the usual one.
    answers = ("_INBOX.>", inbox("operator.>"), inbox("refresher.>"))
    users = (
        _user(site, "refresher"),
        _user(
            site,
            "event-store",
            never_publishes=(EVENTS, *hush),
            never_hears=(*hush, *answers, inbox("health-api.>")),
        ),
        _user(
            site,
            "health-api",
            never_publishes=(EVENTS, TOKENS),
            never_hears=(*hush, *answers, inbox("event-store.>")),
        ),
        _user(site, "operator"),
    )
    return nats_server(site.data / "nats", site.nats_port, users)


def postgres_program(site: Site) -> Program:
    """The database server, its files made if need be (about a second). Raises `CommandError`."""
    return postgres(site.data / "postgres", site.postgres_port, site.passwords["postgres"])


def service_programs(site: Site) -> tuple[Program, ...]:
    """The three services; each knows the passwords that it needs and no others."""
    operator = site.bus()
    return (
        _python(
            "event-store",
            "authpulse_event_store",
            functools.partial(takes_events, operator),
            {
                "AUTHPULSE_NATS_URL": site.nats_url("event-store"),
                "AUTHPULSE_DATABASE_URL": site.database_url(LEDGER, LEDGER),
            },
        ),
        _python(
            "refresher",
            "authpulse_refresher",
            functools.partial(answers_commands, operator),
            {
                "AUTHPULSE_NATS_URL": site.nats_url("refresher"),
                "AUTHPULSE_DATABASE_URL": site.database_url(VAULT, VAULT),
                "AUTHPULSE_SEALING_KEYS_FILE": str(site.sealing_keys),
                "AUTHPULSE_SPILL_DIR": str(site.data / "spill"),
            },
        ),
        _python(
            "health-api",
            "authpulse_health_api",
            functools.partial(serves, f"{site.url}/readyz"),
            {
                "AUTHPULSE_NATS_URL": site.nats_url("health-api"),
                "AUTHPULSE_DATABASE_URL": site.database_url(READER, LEDGER),
                "AUTHPULSE_ADMIN_TOKEN": site.admin_token,
                "AUTHPULSE_HTTP": site.http,
            },
        ),
    )


def demo_program(site: Site) -> Program:
    """The demonstration's identity provider."""
    ready = functools.partial(serves, f"{site.demo_url}/")
    settings = {"AUTHPULSE_DEMO_PORT": str(site.demo_port), "AUTHPULSE_DEMO_KEY": site.demo_key()}
    return _python("demo-idp", "authpulse_cli.demo", ready, settings)


def _user(
    site: Site, name: str, *, never_publishes: tuple[str, ...] = (), never_hears: tuple[str, ...] = ()
) -> NatsUser:
    return NatsUser(name=name, password=site.passwords[name], never_publishes=never_publishes, never_hears=never_hears)


def _python(name: str, module: str, ready: Callable[[], bool], settings: dict[str, str]) -> Program:
    # Further settings of the services (AUTHPULSE_LOG_LEVEL, ...) reach them from the caller's environment.
    ours = {f"AUTHPULSE_{member}{suffix}" for member in _OURS for suffix in ("", "_FILE")}
    inherited = {variable: value for variable, value in os.environ.items() if variable not in ours}
    return Program(name=name, argv=(sys.executable, "-m", module), environ=inherited | settings, ready=ready)
