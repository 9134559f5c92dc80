"""Every setting of every service can be handed over as a file, and each that is a secret has a secret's type."""

import re
from importlib import import_module
from pathlib import Path
from typing import Final, get_args

import msgspec
import pytest

from authpulse_chassis import migrate
from authpulse_chassis.settings import read_settings
from authpulse_cli import instance
from authpulse_cli.demo import declare
from authpulse_contract.secret import Secret
from support.nkeys import credentials, new_seed

Settings = type[msgspec.Struct]
SERVICES: Final = ("authpulse_refresher", "authpulse_event_store", "authpulse_health_api")
KINDS: Final[list[Settings]] = [
    *(import_module(f"{service}.settings").Settings for service in SERVICES),
    migrate.Settings,
    instance.Given,
    declare.Settings,
]
# A text of each that can be used; whatever is not here may be any text.
USABLE: Final = {
    "database_url": "postgresql://user:password@host/database",
    "vault_url": "postgresql://user:password@host/vault",
    "ledger_url": "postgresql://user:password@host/ledger",
    "nats_url": "nats://user:password@host:4222",
    "nats_nkey_seed": new_seed(),
    "nats_credentials": credentials("jwt", new_seed()),
}
SECRET: Final = re.compile(r"(url|keys?|token|seed|credentials|password|secret)$")
# Addresses without a user in them, and where public keys are.
PUBLIC: Final = {"public_url", "oidc_jwks_url", "demo_url", "demo_browsers_url", "url"}


def members(kind: Settings) -> list[tuple[str, bool]]:
    """Name, and whether it is a secret."""
    found = msgspec.structs.fields(kind)
    return [(member.name, Secret in _parts(member.type)) for member in found]


def _parts(hint: object) -> set[object]:
    return {hint} | {part for argument in get_args(hint) for part in _parts(argument)}


SECRETS: Final = [(kind, name) for kind in KINDS for name, secret in members(kind) if secret]


def test_there_are_secrets_to_look_at() -> None:
    assert {name for _, name in SECRETS} == {*USABLE, "sealing_keys", "admin_token", "api_keys", "demo_key"}


@pytest.mark.parametrize("kind", KINDS)
def test_what_sounds_like_a_secret_is_one(kind: Settings) -> None:
    plain = {name for name, secret in members(kind) if not secret and SECRET.search(name)}
    assert plain <= PUBLIC


@pytest.mark.parametrize(("kind", "name"), SECRETS)
def test_a_secret_comes_from_a_file_as_well_and_never_shows(kind: Settings, name: str, tmp_path: Path) -> None:
    text = USABLE.get(name, "pLaNtEd")
    (tmp_path / "secret").write_text(f"{text}\n")
    required = {member.name for member in msgspec.structs.fields(kind) if member.required} - {name}
    others = {f"AUTHPULSE_{other.upper()}": USABLE.get(other, "any") for other in required}
    read = read_settings(kind, {**others, f"AUTHPULSE_{name.upper()}_FILE": str(tmp_path / "secret")})
    assert getattr(read, name).reveal() == text.strip()
    assert text.strip() not in repr(read)
