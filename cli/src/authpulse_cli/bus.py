"""Talking to NATS from a command: one connection that gives up instead of waiting for ever."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import nats
import nats.errors
from nats.aio.client import Client

from authpulse_chassis.bus import Access, BusSettings, access_of, connecting
from authpulse_chassis.settings import SettingsError
from authpulse_cli.errors import CommandError
from authpulse_cli.instance import Instance, named
from authpulse_contract.codec import from_json, to_json
from authpulse_contract.commands import Reply
from authpulse_contract.secret import Secret
from authpulse_contract.subjects import command_subject


def access_to(instance: Instance) -> Access:
    """The instance's NATS. Raises `CommandError` where it is not named or what is said of it cannot be used."""
    try:
        return access_of(
            BusSettings(
                nats_url=Secret(named(instance.nats_url, "AUTHPULSE_NATS_URL")),
                nats_nkey_seed=instance.nats_nkey_seed,
                nats_credentials=instance.nats_credentials,
                nats_ca_file=instance.nats_ca_file,
                nats_client_cert_file=instance.nats_client_cert_file,
                nats_client_key_file=instance.nats_client_key_file,
                nats_tls_first=instance.nats_tls_first is not False,
            )
        )
    except SettingsError as failure:
        raise CommandError(str(failure)) from None


@asynccontextmanager
async def connected(access: Access, *, seconds: float = 3.0) -> AsyncIterator[Client]:
    """A connection to a NATS server. Raises `CommandError` if none comes about within `seconds`."""
    try:
        client = await nats.connect(
            allow_reconnect=False, connect_timeout=seconds, error_cb=_ignore, **connecting(access, "operator")
        )
    except (nats.errors.Error, OSError, TimeoutError) as failure:
        raise CommandError(
            f"NATS at {_address(access.servers[0])} cannot be reached ({type(failure).__name__}). Is authpulse up? "
            f"Start it, or point to it with --data DIR or AUTHPULSE_NATS_URL."
        ) from None
    try:
        yield client
    finally:
        await client.close()


async def ask(client: Client, verb: str, command: object, *, seconds: float = 30.0) -> Reply:
    """What the refresher answers. Raises `CommandError` if it does not."""
    try:
        answer = await client.request(command_subject(verb), to_json(command), timeout=seconds)
    except nats.errors.NoRespondersError:
        raise CommandError("No refresher is running. Start one, or run authpulse up, and try again.") from None
    except (nats.errors.Error, TimeoutError) as failure:
        raise CommandError(
            f"The refresher did not answer {verb} within {seconds:g} s ({type(failure).__name__}). "
            f"Look at its log, then run the command again: what was done already stays as it is."
        ) from None
    return from_json(answer.data, Reply)  # type: ignore[arg-type]  # a union is no type to mypy


def _address(url: str) -> str:
    # The user and the password are nobody's business.
    return url.rpartition("://")[2].rpartition("@")[2]


async def _ignore(failure: Exception) -> None:
    """The one who waits hears of it; nats-py would print it as well."""
