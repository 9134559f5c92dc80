"""The images of this very commit, built once a run."""

import pytest

from support.compose import ROOT
from support.images import build


@pytest.fixture(scope="session")
def images() -> str:
    """Their tag."""
    build(ROOT, "test")
    return "test"
