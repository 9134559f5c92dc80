"""What `up` leaves for the other commands: where the instance is and how to get in."""

import os
from pathlib import Path

import msgspec
from msgspec import Struct

from authpulse_chassis.settings import SettingsError, read_settings
from authpulse_cli.errors import CommandError
from authpulse_contract.codec import from_json, to_json
from authpulse_contract.secret import Secret


class Given(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where an instance is and how to get in. Each may be given as `AUTHPULSE_<MEMBER>`, or as a file in `..._FILE`."""

    url: str | None = None
    admin_token: Secret | None = None
    nats_url: Secret | None = None
    nats_nkey_seed: Secret | None = None
    nats_credentials: Secret | None = None
    nats_ca_file: str | None = None
    nats_client_cert_file: str | None = None
    nats_client_key_file: str | None = None
    nats_tls_first: bool | None = None
    vault_url: Secret | None = None
    ledger_url: Secret | None = None


class Instance(Given, frozen=True, kw_only=True, omit_defaults=True):
    """DATA/instance.json. `pids` maps the children of `up` to their process ids; None: not known here."""

    pids: dict[str, int] = {}


def default_data() -> Path:
    """`$AUTHPULSE_DATA`, else `.authpulse` in the current folder."""
    return Path(os.environ.get("AUTHPULSE_DATA") or ".authpulse")


def instance_file(data: Path) -> Path:
    """Where the instance in `data` describes itself."""
    return data / "instance.json"


def find_instance(data: Path | None) -> Instance:
    """The instance in `data`, else the one that the environment names, else the one in the default folder.

    `AUTHPULSE_URL`, `AUTHPULSE_ADMIN_TOKEN`, `AUTHPULSE_NATS_URL`, `AUTHPULSE_VAULT_URL` and `AUTHPULSE_LEDGER_URL`
    (or those with `_FILE`) override what the file says unless `data` is given. Raises `CommandError`.
    """
    given = {} if data else _given()
    file = instance_file(data or default_data())
    if not file.exists():
        if given:
            return msgspec.structs.replace(Instance(), **given)
        raise CommandError(
            f"No authpulse is set up in {file.parent}. Start one with: authpulse up --data {file.parent}, point to one "
            f"with --data DIR, or set AUTHPULSE_URL, AUTHPULSE_ADMIN_TOKEN and AUTHPULSE_NATS_URL."
        )
    return msgspec.structs.replace(read_instance(file), **given)


def read_instance(file: Path) -> Instance:
    """The instance that describes itself in `file`. Raises `CommandError`."""
    try:
        return from_json(file.read_bytes(), Instance)
    except (OSError, msgspec.MsgspecError) as failure:
        raise CommandError(
            f"{file} cannot be read: {failure}. Run authpulse up again; it writes the file anew."
        ) from None


def _given() -> dict[str, str | Secret]:
    try:
        given = read_settings(Given, {name: value for name, value in os.environ.items() if value})
    except SettingsError as failure:
        raise CommandError(str(failure)) from None
    return {member: value for member, value in msgspec.structs.asdict(given).items() if value is not None}


def named(secret: Secret | None, variable: str) -> str:
    """The value of a member that a command needs. Raises `CommandError`, naming the variable that gives it."""
    if secret is None:
        raise CommandError(f"{variable} is not set. Set it, or point to a local instance with --data DIR.")
    return secret.reveal()


def instance_json(instance: Instance) -> str:
    """The text of instance.json."""
    return to_json(instance).decode()
