"""A secret is masked as it travels too."""

from base64 import b64encode
from urllib.parse import quote_plus

import pytest

from authpulse_contract.mask import MASK, mask


@pytest.mark.parametrize("client_id", ["c", "cr", "crm"])
def test_a_secret_inside_repeated_basic_credentials_is_masked(client_id: str) -> None:
    secret = "s+cr/t=with signs"
    for sent in (secret, quote_plus(secret)):
        credentials = b64encode(f"{client_id}:{sent}".encode()).decode()
        shown = mask(f"refused: Basic {credentials}", [secret])
        assert shown.startswith("refused: Basic ")
        assert MASK in shown
        assert len(shown) < len("refused: Basic ") + 12
