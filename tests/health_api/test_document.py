"""The published OpenAPI document says what the API does: no more, no less. Here nobody answers commands."""

import asyncio
from typing import Any

import pytest
import schemathesis
from hypothesis import settings

from authpulse_health_api.print_document import document
from support.documented import PUBLISHED, expect_documented
from support.events import event
from support.ledger import Api, record

schema = schemathesis.openapi.from_path(PUBLISHED).exclude(path_regex="/stream$")  # it does not end


@pytest.fixture(scope="module")
def populated(api: Api) -> Api:
    """Serves api/crm, which the document names as its example."""
    asyncio.run(record(api.ledger_url, *(event(version=version) for version in range(1, 40))))
    return api


def test_the_published_document_is_the_one_the_handlers_make() -> None:
    """Else: `uv run python -m authpulse_health_api.print_document > docs/openapi.json`."""
    assert PUBLISHED.read_bytes() == document()


@schema.parametrize()
@settings(max_examples=40, deadline=None)
def test_every_answer_is_a_documented_one(case: Any, populated: Api) -> None:
    expect_documented(case, populated.url, provoked={503})
