"""The published contract is the one in the code, and what is sent fits it."""

import inspect
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from authpulse_contract import asyncapi, commands
from authpulse_contract.cloudevents import headers
from authpulse_contract.codec import to_json
from authpulse_contract.events import type_of
from authpulse_contract.health import Connections, row
from authpulse_contract.schemas import published
from authpulse_contract.trace import Trace
from authpulse_event_store.project import project
from support.events import EVENT_TYPES, event

PUBLISHED = Path(__file__).parents[2] / "docs" / "schemas"
FILES = published()
SCHEMAS = {name.removesuffix(".json"): json.loads(body) for name, body in FILES.items() if name != "asyncapi.json"}


def test_the_published_files_are_the_ones_that_the_code_makes() -> None:
    """Else: `uv run python -m authpulse_contract.schemas docs/schemas`, and delete what is extra."""
    assert {path.name: path.read_bytes() for path in PUBLISHED.iterdir()} == FILES


def test_the_command_writes_what_it_then_finds_current_until_somebody_edits_it(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "authpulse_contract.schemas", str(tmp_path)]
    subprocess.run(command, check=True)
    subprocess.run([*command, "--check"], check=True)
    (tmp_path / "reply.json").write_text("{}")
    (tmp_path / "extra.json").write_text("{}")
    checked = subprocess.run([*command, "--check"], check=False, capture_output=True, text=True)
    assert checked.returncode == 1
    assert "extra.json, reply.json" in checked.stderr


@pytest.mark.parametrize("name", SCHEMAS)
def test_each_schema_is_sound_and_names_itself(name: str) -> None:
    assert jsonschema_rs.meta.is_valid(SCHEMAS[name])
    assert SCHEMAS[name]["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert SCHEMAS[name]["$id"] == f"urn:authpulse:schema:{name}"


@pytest.mark.parametrize("event_type", EVENT_TYPES)
def test_each_event_fits_its_own_schema_and_no_other(event_type: Any) -> None:
    one = event(event_type)
    body = json.loads(to_json(one))
    types = [type_of(event(other)) for other in EVENT_TYPES]
    assert [name for name in types if jsonschema_rs.is_valid(SCHEMAS[name], body)] == [type_of(one)]
    assert headers(one)["ce-dataschema"] == SCHEMAS[type_of(one)]["$id"]


@given(st.sampled_from(EVENT_TYPES), st.integers(1, 2**63 - 1), st.text(min_size=1, max_size=128))
def test_whatever_its_version_and_name_an_event_fits(event_type: Any, version: int, name: str) -> None:
    one = event(event_type, version=1, connection_name=name)
    body = json.loads(to_json(msgspec.structs.replace(one, version=version)))
    assert jsonschema_rs.is_valid(SCHEMAS[type_of(one)], body)


def test_a_health_row_and_the_bulk_answer_fit() -> None:
    rows = [row(project(None, event()))]
    assert jsonschema_rs.is_valid(SCHEMAS["health_row"], json.loads(to_json(rows[0])))
    for answer in (Connections(connections=rows), Connections(connections=[])):
        assert jsonschema_rs.is_valid(SCHEMAS["oauth_health"], json.loads(to_json(answer)))


def test_every_command_and_every_reply_is_published() -> None:
    classes = inspect.getmembers(commands, inspect.isclass)
    structs = {name for name, kind in classes if kind.__module__ == commands.__name__}
    described = {part for schema in SCHEMAS.values() for part in schema["$defs"]}
    assert structs <= described


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        yield from (value for key, value in node.items() if key == "$ref")
        for value in node.values():
            yield from _references(value)
    elif isinstance(node, list):
        for value in node:
            yield from _references(value)


def test_every_reference_of_the_asyncapi_document_leads_somewhere() -> None:
    document = json.loads(FILES["asyncapi.json"])
    for reference in _references(document):
        if reference.startswith("./"):
            assert reference.removeprefix("./") in FILES
        else:
            target = document
            for step in reference.removeprefix("#/").split("/"):
                target = target[step]


def test_the_asyncapi_document_names_the_headers_that_an_event_has() -> None:
    assert asyncapi.HEADERS.keys() == headers(event()).keys()
    traced = headers(event(), Trace("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "a=1"))
    assert asyncapi.HEADERS.keys() | asyncapi.TRACED.keys() == traced.keys()
