"""Health rows as a table for the eyes. Pure."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from msgspec import UNSET, Struct
from rich.table import Table
from rich.text import Text

from authpulse_contract.health import HealthRow

_STYLES: Final = {"reauth": "bold red", "refresh failing": "yellow", "ok": "green", "no OAuth": "dim"}


SCHEDULED: Final = 50
"""Rows whose next refresh is shown unless all are wanted: each takes a request of its own."""


class Line(Struct, frozen=True):
    """One row, and when its connection is looked at next where that is known."""

    row: HealthRow
    next_refresh_at: datetime | None = None


def badge(row: HealthRow) -> str:
    """What the console's badge says (semantics 5), and words where it shows none."""
    if not row.has_oauth:
        return "no OAuth"
    if row.needs_reauth:
        return "reauth"
    return "refresh failing" if row.refresh_failing else "ok"


def trouble_first(rows: Iterable[HealthRow]) -> list[HealthRow]:
    """Red, amber, the rest; by kind and name within each."""
    order = list(_STYLES)
    return sorted(rows, key=lambda row: (order.index(badge(row)), row.kind, row.name))


def is_scheduled(row: HealthRow) -> bool:
    """Whether the connection is looked at by itself: one without a grant waits for somebody."""
    return row.has_oauth and not row.needs_reauth


def notes(age: int, away: str, *, unasked: int) -> list[Text]:
    """What the table does not say: that it is old, and of how many rows it was not asked when they come next."""
    said = []
    if away:
        said.append(Text(f"As of {_span(age)} ago; newer news are kept by: {away}.", "bold yellow"))
    if unasked:
        said.append(Text(f"next: left out for {unasked} more; --every-next asks for all, one request each.", "dim"))
    return said


def table(lines: Iterable[Line], now: datetime) -> Table:
    """The lines as a table; times are told relative to `now`. What the IdP sent is shown as it is, never as markup."""
    shown = Table("kind", "name", "health", "code", "since", "next", box=None, pad_edge=False)
    for line in lines:
        row, said = line.row, badge(line.row)
        code = "" if row.idp_error_code is UNSET else row.idp_error_code
        since, due = _span((now - row.changed_at).total_seconds()), ""
        if line.next_refresh_at is not None:
            due = "in " + _span((line.next_refresh_at - now).total_seconds())
        cells = (Text(row.kind), Text(row.name), Text(said, _STYLES[said]), Text(code), Text(since), Text(due))
        shown.add_row(*cells)
    return shown


def _span(seconds: float) -> str:
    """A length of time in its largest unit, rounded down; the past is 0 s."""
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{int(seconds // size)} {unit}"
    return f"{max(0, int(seconds))} s"
