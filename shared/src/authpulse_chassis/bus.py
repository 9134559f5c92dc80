"""How to get into NATS: where it is, as whom, and whom to take for it."""

import ssl
from pathlib import Path
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

import nkeys
from msgspec import Meta, Struct
from nats.aio.client import RawCredentials

from authpulse_chassis.closing import mend
from authpulse_chassis.kinds import NatsUrl
from authpulse_chassis.settings import SettingsError, Usable
from authpulse_contract.secret import Secret
from authpulse_contract.subjects import inbox

_MARKS: Final = ("-----BEGIN NATS USER JWT-----", "-----BEGIN USER NKEY SEED-----")


def _is_seed(text: str) -> bool:
    try:
        return bool(nkeys.from_seed(bytearray(text.encode())).public_key.startswith(b"U"))
    except (nkeys.NkeysError, ValueError):
        return False


def _are_credentials(text: str) -> bool:
    return all(mark in text for mark in _MARKS)


class BusSettings(Struct, frozen=True, kw_only=True):
    """Members of each service's settings, and of whatever else speaks to NATS."""

    nats_url: NatsUrl = Secret("nats://127.0.0.1:4222")
    nats_nkey_seed: Annotated[
        Secret | None,
        Meta(description="It should be the seed (SU...) of the NKey of this service's user, if it has no password."),
        Usable(_is_seed),
    ] = None
    nats_credentials: Annotated[
        Secret | None,
        Meta(description="It should be the text of a .creds file: the user's JWT and the seed of its key."),
        Usable(_are_credentials),
    ] = None
    nats_ca_file: Annotated[
        str | None,
        Meta(description="A PEM file with the authorities that may vouch for NATS; unset: this machine's."),
    ] = None
    nats_client_cert_file: Annotated[
        str | None, Meta(description="A PEM file with the certificate to show to NATS, where it asks for one.")
    ] = None
    nats_client_key_file: Annotated[
        str | None, Meta(description="A PEM file with that certificate's key; unset: it is in the same file.")
    ] = None
    nats_tls_first: Annotated[
        bool,
        Meta(
            description="Whether TLS begins with the first byte, as NATS has it with `handshake_first`. With false, "
            "whoever stands between can talk this service out of TLS: true or false."
        ),
    ] = True


class Access(Struct, frozen=True):
    """`servers`, and how to show who one is; `tls` is None where nothing is encrypted."""

    servers: list[str]
    tls: ssl.SSLContext | None
    tls_first: bool
    nkey_seed: str | None
    credentials: str | None


def access_of(settings: BusSettings) -> Access:
    """Read the files. Raises `SettingsError` where they cannot be used or the settings contradict each other."""
    servers = [server.strip() for server in settings.nats_url.reveal().split(",")]
    schemes = {urlsplit(server).scheme for server in servers}
    encrypted = schemes <= {"tls", "wss"}
    if not encrypted and schemes & {"tls", "wss"}:
        raise SettingsError("AUTHPULSE_NATS_URL has servers with TLS and servers without. Give all of them TLS.")
    named = {
        "CA_FILE": settings.nats_ca_file,
        "CLIENT_CERT_FILE": settings.nats_client_cert_file,
        "CLIENT_KEY_FILE": settings.nats_client_key_file,
    }
    unused = next((name for name, file in named.items() if file and not encrypted), None)
    if unused:
        raise SettingsError(f"AUTHPULSE_NATS_{unused} is set, but AUTHPULSE_NATS_URL does not begin with tls://.")
    if settings.nats_nkey_seed and settings.nats_credentials:
        raise SettingsError("AUTHPULSE_NATS_NKEY_SEED and AUTHPULSE_NATS_CREDENTIALS are both set. Set one of them.")
    return Access(
        servers=servers,
        tls=_context(settings) if encrypted else None,
        tls_first=settings.nats_tls_first and schemes == {"tls"},
        nkey_seed=settings.nats_nkey_seed.reveal() if settings.nats_nkey_seed else None,
        credentials=settings.nats_credentials.reveal() if settings.nats_credentials else None,
    )


def connecting(access: Access, user: str) -> dict[str, Any]:
    """The arguments of `nats.connect` that say where, as whom, and that answers come to `user`'s own inbox."""
    return {
        "servers": access.servers,
        "inbox_prefix": inbox(user),
        "tls": access.tls,
        "tls_handshake_first": access.tls_first,
        "nkeys_seed_str": access.nkey_seed,
        "user_credentials": RawCredentials(access.credentials) if access.credentials else None,
    }


def _context(settings: BusSettings) -> ssl.SSLContext:
    mend()
    authorities = settings.nats_ca_file
    try:
        text = Path(authorities).read_text(encoding="ascii") if authorities else None
        context = ssl.create_default_context(cadata=text)
    except (OSError, ValueError) as failure:
        raise SettingsError(f"AUTHPULSE_NATS_CA_FILE names {authorities!r}, which cannot be used: {failure}") from None
    certificate = settings.nats_client_cert_file
    if certificate:
        try:
            context.load_cert_chain(certificate, settings.nats_client_key_file, password="")
        except (OSError, ValueError) as failure:
            said = f"AUTHPULSE_NATS_CLIENT_CERT_FILE names {certificate!r}, which cannot be used: {failure}"
            raise SettingsError(said) from None
    return context
