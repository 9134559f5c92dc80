from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from authpulse_cli.event_line import event_line
from authpulse_cli.status_table import Line, badge, is_scheduled, notes, table, trouble_first
from authpulse_contract.events import ChangeDetail, ConnectionChanged, RefreshDetail, RefreshFailedTransient
from authpulse_contract.health import HealthRow
from support.events import event

NOW = datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=UTC)


def row(**members: Any) -> HealthRow:
    defaults: dict[str, Any] = {
        "kind": "api",
        "name": "crm",
        "has_oauth": True,
        "needs_reauth": False,
        "token_acquired": True,
        "refresh_failing": False,
        "changed_at": NOW - timedelta(hours=5),
    }
    return HealthRow(**(defaults | members))


rows = st.builds(
    row, name=st.sampled_from("abc"), has_oauth=st.booleans(), needs_reauth=st.booleans(), refresh_failing=st.booleans()
)


@given(st.lists(rows))
def test_trouble_comes_first_and_nobody_is_lost(found: list[HealthRow]) -> None:
    shown = trouble_first(found)
    assert sorted(map(repr, shown)) == sorted(map(repr, found))
    ranks = [["reauth", "refresh failing", "ok", "no OAuth"].index(badge(each)) for each in shown]
    assert ranks == sorted(ranks)


def test_the_table_tells_times_and_shows_codes_as_they_are() -> None:
    """A code that looks like markup must not style the terminal."""
    screen = StringIO()
    failing = row(refresh_failing=True, idp_error_code="[red]slow_down[/red]")
    lines = [Line(failing, NOW + timedelta(seconds=90)), Line(row(name="late"), NOW - timedelta(days=1))]
    Console(file=screen, width=120).print(table(lines, NOW))
    said = [line.split() for line in screen.getvalue().splitlines()]
    assert said[1] == ["api", "crm", "refresh", "failing", "[red]slow_down[/red]", "5", "h", "in", "1", "min"]
    assert said[2] == ["api", "late", "ok", "5", "h", "in", "0", "s"]


def test_what_the_table_does_not_say_is_said_below_it() -> None:
    assert notes(1, "", unasked=0) == []
    assert [str(note) for note in notes(75, "event-store", unasked=450)] == [
        "As of 1 min ago; newer news are kept by: event-store.",
        "next: left out for 450 more; --every-next asks for all, one request each.",
    ]


def test_who_waits_for_somebody_has_no_next() -> None:
    assert is_scheduled(row())
    assert is_scheduled(row(refresh_failing=True))
    assert not is_scheduled(row(needs_reauth=True))
    assert not is_scheduled(row(has_oauth=False))


def test_an_event_is_a_line_with_its_telling_details() -> None:
    failed = event(
        RefreshFailedTransient,
        occurred_at=NOW,
        version=7,
        detail=RefreshDetail(idp_error_code="slow_down", http_status=429, before_expires_at=NOW),
    )
    changed = event(
        ConnectionChanged, occurred_at=NOW, actor="me", detail=ChangeDetail(changed=("scopes", "client_id"))
    )
    assert event_line(failed) == (
        "2026-01-02T03:04:05.678Z api/crm #7 refresh_failed_transient idp_error_code=slow_down http_status=429 "
        "by system:background-refresh"
    )
    assert event_line(changed) == (
        "2026-01-02T03:04:05.678Z api/crm #1 connection_changed changed=scopes,client_id by me"
    )
