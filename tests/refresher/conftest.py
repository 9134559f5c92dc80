"""A vault on a fresh database, an IdP to refresh from, the wires to it, and refreshers as processes."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from authpulse_contract.secret import Secret
from authpulse_refresher.provider.wire import Wires
from authpulse_refresher.storage.seal import KeyRing
from authpulse_refresher.storage.vault import Vault, new_pool
from support.idp import Idp
from support.refreshers import Refreshers


@pytest.fixture
async def vault(vault_url: str) -> AsyncIterator[Vault]:
    async with new_pool(Secret(vault_url), size=8) as pool:
        yield Vault(pool=pool, ring=KeyRing({"test": b"k" * 32}), outgoing=asyncio.Event())


@pytest.fixture
def idp() -> Iterator[Idp]:
    with Idp() as server:
        yield server


@pytest.fixture
async def wires() -> AsyncIterator[Wires]:
    wires = Wires()
    yield wires
    await wires.close()


@pytest.fixture
def refreshers(vault_url: str, tmp_path: Path) -> Iterator[Refreshers]:
    running = Refreshers(vault_url, tmp_path)
    try:
        yield running
    finally:
        running.kill()
