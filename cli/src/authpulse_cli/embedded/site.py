"""Where everything of one instance is: files under DATA, ports on loopback, and who gets in with which password."""

import os
from pathlib import Path
from urllib.parse import quote

from msgspec import Struct

from authpulse_chassis.bus import Access, BusSettings, access_of
from authpulse_cli.embedded.databases import LEDGER, READER, VAULT
from authpulse_cli.embedded.kept import kept, new_password, new_sealing_key
from authpulse_cli.embedded.nats_server import nats_url
from authpulse_cli.embedded.ports import free_port
from authpulse_cli.embedded.postgres import postgres_url
from authpulse_cli.errors import CommandError
from authpulse_contract.secret import Secret

NATS_USERS = ("refresher", "event-store", "health-api", "operator")
DATABASE_USERS = ("postgres", VAULT, LEDGER, READER)


class Site(Struct, frozen=True, kw_only=True):
    """One instance. It serves HTTP at `host` and `port`; `passwords` holds those of NATS and database users by name."""

    data: Path
    host: str
    port: int
    nats_port: int
    postgres_port: int
    demo_port: int
    admin_token: str
    passwords: dict[str, str]

    @property
    def url(self) -> str:
        """Where a browser on this machine finds the console."""
        everywhere = ("0.0.0.0", "::")  # noqa: S104 -- compared, not bound
        return f"http://{_authority('127.0.0.1' if self.host in everywhere else self.host, self.port)}"

    @property
    def sign_in_link(self) -> str:
        """Opens the console signed in. The token stands in the fragment, which no browser sends and no log keeps."""
        return f"{self.url}/#token={quote(self.admin_token, safe='')}"

    @property
    def http(self) -> str:
        """Where the console is served, as in `AUTHPULSE_HTTP`."""
        return _authority(self.host, self.port)

    @property
    def demo_url(self) -> str:
        """The demonstration's identity provider."""
        return f"http://127.0.0.1:{self.demo_port}"

    @property
    def demo_key_file(self) -> Path:
        """What makes the demonstration's credentials; there is one only while it is shown."""
        return self.data / "secrets" / "demo-key"

    def demo_key(self) -> str:
        """The content of `demo_key_file`, made now if need be."""
        return kept(self.demo_key_file, new_password)

    @property
    def sealing_keys(self) -> Path:
        """The file with the key ring; without it every stored token is lost."""
        return self.data / "secrets" / "sealing-keys"

    @property
    def logs(self) -> Path:
        """The folder of one log for each program."""
        return self.data / "logs"

    def nats_url(self, user: str) -> str:
        """NATS for `user`."""
        return nats_url(self.nats_port, user, self.passwords[user])

    def bus(self) -> Access:
        """NATS for this very process, as the operator."""
        return access_of(BusSettings(nats_url=Secret(self.nats_url("operator"))))

    def database_url(self, user: str, database: str) -> str:
        """`database` for `user`."""
        return postgres_url(self.postgres_port, user, self.passwords[user], database)


def _authority(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def prepare_folder(data: Path) -> Path:
    """Make the folder if need be, and those for the owner's eyes only. Raises `CommandError`."""
    try:
        data.mkdir(mode=0o711, parents=True, exist_ok=True)  # PostgreSQL's user passes through where root calls
        data = data.resolve()
        for private in ("secrets", "logs"):
            (data / private).mkdir(mode=0o700, exist_ok=True)
    except OSError as failure:
        raise CommandError(
            f"--data {data} cannot be used: {failure.strerror}. Name a folder that can be written."
        ) from None
    return data


def make_site(data: Path, host: str, port: int) -> Site:
    """The instance in `data`: what was made at the first start stays, ports are chosen anew."""
    folder = data / "secrets"
    kept(folder / "sealing-keys", new_sealing_key)
    return Site(
        data=data,
        host=host,
        port=port,
        nats_port=free_port(),
        postgres_port=free_port(),
        demo_port=free_port(),
        admin_token=os.environ.get("AUTHPULSE_ADMIN_TOKEN") or kept(folder / "admin-token", new_password),
        passwords={user: kept(folder / f"{user}.password", new_password) for user in (*NATS_USERS, *DATABASE_USERS)},
    )
