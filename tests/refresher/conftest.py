"""A vault on a fresh database, and an IdP to refresh from."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from authpulse_contract.secret import Secret
from authpulse_refresher.seal import KeyRing
from authpulse_refresher.vault import Vault, new_pool
from support.idp import Idp


@pytest.fixture
async def vault(vault_url: str) -> AsyncIterator[Vault]:
    async with new_pool(Secret(vault_url), size=8) as pool:
        yield Vault(pool=pool, ring=KeyRing({"test": b"k" * 32}), outgoing=asyncio.Event())


@pytest.fixture
def idp() -> Iterator[Idp]:
    with Idp() as server:
        yield server
