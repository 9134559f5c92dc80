"""An event is what it says, whoever wrote it: refused where it cannot be one, read where it only has more to say."""

from datetime import UTC
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from authpulse_contract.codec import from_json, to_builtins, to_json
from authpulse_contract.events import (
    NAME_LIMIT,
    ConnectionState,
    Event,
    RefreshDetail,
    RefreshFailedRevoked,
    RefreshSucceeded,
    type_of,
)
from support.events import EVENT_TYPES, START, event

TYPES = {
    "connection_registered",
    "connection_changed",
    "connection_removed",
    "connect_started",
    "connect_completed",
    "connect_failed",
    "refresh_succeeded",
    "refresh_failed_transient",
    "refresh_failed_revoked",
    "refresh_skipped_no_token",
    "refresh_skipped_expired",
    "token_deleted_admin",
}


def read(data: bytes) -> Event:
    read_event: Event = from_json(data, Event)  # type: ignore[arg-type]  # a union is a type to msgspec
    return read_event


def test_there_are_twelve_types() -> None:
    assert {type_of(event(event_type)) for event_type in EVENT_TYPES} == TYPES


@pytest.mark.parametrize("event_type", EVENT_TYPES)
def test_each_type_is_read_as_it_was_written(event_type: Any) -> None:
    one = event(event_type)
    assert read(to_json(one)) == one
    assert to_builtins(one)["event_type"] == type_of(one)


@given(
    st.builds(
        RefreshDetail,
        after_expires_at=st.none() | st.datetimes(timezones=st.just(UTC)),
        idp_error_code=st.none() | st.text(st.characters(codec="utf-8")),
        attempt=st.none() | st.integers(0, 2**31),
    )
)
def test_every_detail_is_read_as_it_was_written(detail: RefreshDetail) -> None:
    one = event(RefreshFailedRevoked, detail=detail)
    assert read(to_json(one)) == one


def test_what_is_left_out_has_its_default() -> None:
    one = event(idp_host=None, state=ConnectionState(has_oauth=True, needs_reauth=False, token_acquired=True))
    assert "detail" not in to_builtins(one)
    assert "idp_host" not in to_builtins(one)
    assert to_builtins(one)["state"] == {"has_oauth": True, "needs_reauth": False, "token_acquired": True}
    assert type(read(to_json(one))) is RefreshSucceeded


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("version", 0),
        ("version", 2**63),
        ("connection_name", ""),
        ("connection_kind", "x" * (NAME_LIMIT + 1)),
        ("occurred_at", START.replace(tzinfo=None)),
        ("event_id", "crm"),
        ("state", {}),
        ("event_type", "refresh_dreamt"),
    ],
)
def test_what_no_event_can_have_is_refused_by_member(member: str, value: object) -> None:
    data = to_json(to_builtins(event()) | {member: value})
    with pytest.raises(msgspec.ValidationError, match=member):
        read(data)
