"""Health is decided by the newest event alone, whatever order the events come in."""

from collections.abc import Iterable
from functools import reduce
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authpulse_contract.events import (
    ConnectDetail,
    ConnectFailed,
    ConnectionRemoved,
    Event,
    RefreshDetail,
    RefreshFailedRevoked,
    RefreshFailedTransient,
    type_of,
)
from authpulse_contract.health import ConnectionHealth, HealthRow, row
from authpulse_event_store.project import project
from support.events import ALIVE, DEAD, EVENT_TYPES, START, event

FAILED = RefreshDetail(idp_error_code="invalid_grant", error_class="revoked")


def _detail(event_type: type[Event]) -> dict[str, object]:
    """The richest detail of that type: a code wherever there is a member for it."""
    kind = type(event_type.__struct_defaults__[-1])
    return {"detail": kind(idp_error_code="invalid_grant")} if hasattr(kind, "idp_error_code") else {}


def fold(events: Iterable[Event]) -> ConnectionHealth | None:
    return reduce(project, events, None)


@st.composite
def histories(draw: st.DrawFn) -> list[Event]:
    types = draw(st.lists(st.sampled_from(EVENT_TYPES), min_size=1, max_size=8))
    states = draw(st.lists(st.sampled_from([ALIVE, DEAD]), min_size=len(types), max_size=len(types)))
    return [
        event(kind, event_id=UUID(int=version), version=version, state=state, **_detail(kind))
        for version, (kind, state) in enumerate(zip(types, states, strict=True), start=1)
    ]


@given(histories(), st.data())
def test_any_order_and_any_repetition_of_a_history_gives_the_same_health(
    history: list[Event], data: st.DataObject
) -> None:
    repeated = history + data.draw(st.lists(st.sampled_from(history)))
    assert fold(data.draw(st.permutations(repeated))) == fold(history)


@given(histories())
def test_folding_twice_is_folding_once(history: list[Event]) -> None:
    assert fold([*history, *history]) == fold(history)


@given(histories())
def test_the_newest_event_alone_gives_the_same_health_as_the_whole_history(history: list[Event]) -> None:
    assert fold(history[-1:]) == fold(history)


@given(histories())
def test_a_code_is_shown_only_while_a_failed_refresh_is_the_newest_event(history: list[Event]) -> None:
    health = fold(history)
    assert health
    failed = isinstance(history[-1], RefreshFailedRevoked | RefreshFailedTransient)
    assert health.idp_error_code == ("invalid_grant" if failed else None)


@pytest.mark.parametrize(
    ("newest", "code", "failing", "removed"),
    [
        ("connection_registered", None, False, False),
        ("connection_changed", None, False, False),
        ("connection_removed", None, False, True),
        ("connect_started", None, False, False),
        ("connect_completed", None, False, False),
        ("connect_failed", None, False, False),
        ("refresh_succeeded", None, False, False),
        ("refresh_failed_transient", "invalid_grant", True, False),
        ("refresh_failed_revoked", "invalid_grant", False, False),
        ("refresh_skipped_no_token", None, False, False),
        ("refresh_skipped_expired", None, False, False),
        ("token_deleted_admin", None, False, False),
    ],
)
def test_each_event_type_as_the_newest_one_after_a_failure_with_a_code(
    newest: str, code: str | None, failing: bool, removed: bool
) -> None:
    (kind,) = (kind for kind in EVENT_TYPES if kind.__struct_config__.tag == newest)
    last = event(kind, version=2, state=DEAD, **_detail(kind))
    assert fold([event(RefreshFailedRevoked, detail=FAILED), last]) == ConnectionHealth(
        connection_id=last.connection_id,
        kind="api",
        name="crm",
        version=2,
        event_id=last.event_id,
        event_type=newest,
        removed=removed,
        idp_error_code=code,
        refresh_failing=failing,
        changed_at=last.occurred_at,
        idp_host="idp.example",
        state=DEAD,
    )


def test_the_table_names_every_event_type() -> None:
    assert len(EVENT_TYPES) == 12
    assert {type_of(event(kind)) for kind in EVENT_TYPES} == {kind.__struct_config__.tag for kind in EVENT_TYPES}


@pytest.mark.parametrize("code", [None, ""])
def test_a_failure_without_a_code_is_failing_all_the_same(code: str | None) -> None:
    health = project(None, event(RefreshFailedTransient, detail=RefreshDetail(idp_error_code=code, http_status=503)))
    assert (health.refresh_failing, health.idp_error_code) == (True, None)


def test_a_failed_sign_in_clears_the_code_although_it_has_one_itself() -> None:
    before = project(None, event(RefreshFailedRevoked, detail=FAILED))
    after = project(before, event(ConnectFailed, version=2, detail=ConnectDetail(idp_error_code="access_denied")))
    assert after.idp_error_code is None


def test_a_late_event_changes_nothing() -> None:
    newest = project(None, event(ConnectionRemoved, version=9))
    assert project(newest, event(version=8)) is newest


def test_the_public_row_leaves_the_code_out_where_there_is_none() -> None:
    assert row(project(None, event())) == HealthRow(
        kind="api",
        name="crm",
        has_oauth=True,
        needs_reauth=False,
        token_acquired=True,
        refresh_failing=False,
        changed_at=event().occurred_at,
    )
    assert event().occurred_at > START
