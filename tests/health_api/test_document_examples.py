"""Every body and every answer of the OpenAPI document is described, and shown by an example that fits its schema."""

import json
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest

from authpulse_health_api.print_document import document
from authpulse_health_api.problems import Slug

DOCUMENT: dict[str, Any] = json.loads(document())
OPERATIONS = {operation["operationId"]: operation for path in DOCUMENT["paths"].values() for operation in path.values()}


def contents(operation: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Whose, of which media type, and what is said of it."""
    bodies = {"body": operation["requestBody"]} if "requestBody" in operation else {}
    for whose, described in (bodies | operation["responses"]).items():
        for media_type, content in described.get("content", {}).items():
            yield whose, media_type, content


@pytest.mark.parametrize("name", OPERATIONS)
def test_each_content_has_examples_that_fit(name: str) -> None:
    for whose, media_type, content in contents(OPERATIONS[name]):
        schema = {"components": DOCUMENT["components"], **content["schema"]}
        assert content.get("examples"), f"{whose} as {media_type} has no example"
        for example in content["examples"].values():
            jsonschema_rs.validate(schema, example["value"])
            assert set(example) <= {"summary", "description", "value"}, "OpenAPI knows no other member"


@pytest.mark.parametrize("name", OPERATIONS)
def test_each_operation_and_answer_is_described(name: str) -> None:
    operation = OPERATIONS[name]
    assert all(operation[member] for member in ("summary", "description", "tags"))
    for status, answer in operation["responses"].items():
        assert answer["description"], status
        headers = answer.get("headers", {})
        assert all(header["description"] for header in headers.values()), status


@pytest.mark.parametrize("name", OPERATIONS)
def test_each_problem_that_an_operation_names_is_shown_under_its_own_status(name: str) -> None:
    by_slug = {slug.slug: slug for slug in Slug}
    for status, answer in OPERATIONS[name]["responses"].items():
        problem = answer.get("content", {}).get("application/problem+json")
        if problem is None:
            assert int(status) < 400
            continue
        for slug, example in problem["examples"].items():
            assert f"`{slug}`: {by_slug[slug].title}." in answer["description"]
            assert example["value"]["status"] == int(status) == by_slug[slug].status


def test_what_no_operation_raises_by_itself_is_known() -> None:
    """A slug that is missing in the document is one of those that come from outside of any operation."""
    shown = {
        slug
        for operation in OPERATIONS.values()
        for _, media_type, content in contents(operation)
        if media_type == "application/problem+json"
        for slug in content["examples"]
    }
    assert {slug.slug for slug in Slug} - shown == {"unknown_path", "method_not_allowed"}


def test_a_secret_is_told_apart_from_what_may_be_shown() -> None:
    secret = {
        f"{name}.{member}"
        for name, schema in DOCUMENT["components"]["schemas"].items()
        for member, described in schema.get("properties", {}).items()
        if described.get("writeOnly")
    }
    connection = {f"DeclaredConnection.{member}" for member in ("client_secret", "client_key")}
    assert secret == connection | {"DeclaredToken.refresh_token", "DeclaredToken.access_token", "SignIn.token"}
