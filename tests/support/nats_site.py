"""A nats-server with a configuration as it is deployed, and what each of its users needs to get in."""

import re
import shutil
import subprocess
import sysconfig
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, Final, Literal

from nats.aio.client import Client

from authpulse_chassis.bus import BusSettings, access_of, connecting
from authpulse_cli.embedded.ports import greets
from authpulse_contract.secret import Secret
from support.authority import Authority
from support.nkeys import new_seed, public_key
from support.servers import free_port, until

DEPLOY: Final = Path(__file__).resolve().parents[2] / "deploy"
USERS: Final = ("refresher", "event-store", "health-api", "operator", "token-client")

Manner = Literal["passwords", "nkeys"]


class Site:
    """`manner`: nats-server.conf with passwords and in the open, or nkeys.conf with NKeys, TLS and certificates."""

    def __init__(self, folder: Path, manner: Manner) -> None:
        self.folder, self.manner, self.port = folder, manner, free_port()
        self.configuration = folder / "nats-server.conf"
        for file in (DEPLOY / "nats").glob("*.conf"):
            shutil.copy(file, folder)
        source = DEPLOY / "nats" / ("nkeys.conf" if manner == "nkeys" else "nats-server.conf")
        self.configuration.write_text(self._local(source.read_text()))
        if manner == "passwords":
            subprocess.run([DEPLOY / "make-secrets", folder / "secrets"], check=True)
            shutil.copy(folder / "secrets/passwords.conf", folder)
        else:
            self._make_keys()
            tls = self._local((DEPLOY / "nats/tls.conf").read_text())
            (folder / "tls.conf").write_text(tls)

    def _local(self, deployed: str) -> str:
        """The configuration, save the places of its port and its files."""
        local = deployed.replace("port: 4222", f'listen: "127.0.0.1:{self.port}"')
        local = re.sub(r"(?m)^http: .*$", "", local)
        return local.replace('"/data"', f'"{self.folder}/data"').replace("/etc/nats", str(self.folder))

    def _make_keys(self) -> None:
        seeds = {user: new_seed() for user in USERS}
        for user, seed in seeds.items():
            (self.folder / f"{user}.seed").write_text(f"{seed}\n")
        keys = (f'{user.replace("-", "_")}_nkey: "{public_key(seed)}"\n' for user, seed in seeds.items())
        (self.folder / "public-keys.conf").write_text("".join(keys))
        authority = Authority()
        (self.folder / "ca.pem").write_bytes(authority.pem)
        shutil.copy(authority.vouch(self.folder / "server.pem"), self.folder / "server-key.pem")
        authority.vouch(self.folder / "client.pem")

    def environ(self, user: str) -> dict[str, str]:
        """The variables that let a process in as `user`."""
        if self.manner == "passwords":
            password = (self.folder / f"secrets/nats-{user}").read_text()
            return {"AUTHPULSE_NATS_URL": f"nats://{user}:{password}@localhost:{self.port}"}
        return {
            "AUTHPULSE_NATS_URL": f"tls://localhost:{self.port}",
            "AUTHPULSE_NATS_NKEY_SEED_FILE": str(self.folder / f"{user}.seed"),
            "AUTHPULSE_NATS_CA_FILE": str(self.folder / "ca.pem"),
            "AUTHPULSE_NATS_CLIENT_CERT_FILE": str(self.folder / "client.pem"),
        }

    def settings(self, user: str) -> BusSettings:
        """The same for this process."""
        environ = self.environ(user)
        if self.manner == "passwords":
            return BusSettings(nats_url=Secret(environ["AUTHPULSE_NATS_URL"]))
        return BusSettings(
            nats_url=Secret(environ["AUTHPULSE_NATS_URL"]),
            nats_nkey_seed=Secret((self.folder / f"{user}.seed").read_text().strip()),
            nats_ca_file=environ["AUTHPULSE_NATS_CA_FILE"],
            nats_client_cert_file=environ["AUTHPULSE_NATS_CLIENT_CERT_FILE"],
        )

    @asynccontextmanager
    async def as_user(self, user: str, **options: Any) -> AsyncIterator[tuple[Client, list[str]]]:
        """A connection of `user`, and what the server says against what it does."""
        async with connected(self.settings(user), user, **options) as found:
            yield found


@asynccontextmanager
async def connected(settings: BusSettings, user: str, **options: Any) -> AsyncIterator[tuple[Client, list[str]]]:
    complaints: list[str] = []

    async def note(failure: Exception) -> None:
        complaints.append(str(failure))

    client = Client()
    try:
        await client.connect(**connecting(access_of(settings), user), error_cb=note, **options)
        yield client, complaints
    finally:
        # After a refusal too, which nats-py by itself leaves open.
        await client.close()


@contextmanager
def running(configuration: Path, port: int, *, greeting: bytes = b"INFO ") -> Iterator[None]:
    """The server, while it runs; with TLS from the first byte it greets nobody who does not speak it."""
    binary = shutil.which("nats-server", path=sysconfig.get_path("scripts"))
    assert binary
    process = subprocess.Popen([binary, "-c", configuration], stderr=subprocess.DEVNULL)
    try:
        until(lambda: greets(port, greeting), what="nats-server")
        yield
    finally:
        process.terminate()
        process.wait()
