"""A traced event's way ends when its row is served, not before and not never."""

from authpulse_contract.trace import TRACES
from authpulse_health_api.upstream.shown import Shown
from support.spans import ended_spans

FIRST = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
SECOND = "00-1af7651916cd43dd8448eb211c80319c-c7ad6b7169203331-01"


def test_a_span_ends_once_the_board_has_the_position_that_its_tick_told() -> None:
    shown = Shown()
    with ended_spans() as ended:
        shown.told(7, {TRACES: f"{FIRST}, {SECOND}"})
        shown.told(9, {TRACES: FIRST})
        shown.swapped(6)
        assert ended.get_finished_spans() == ()
        shown.swapped(8)
        told = [
            (span.parent and f"{span.parent.trace_id:032x}", span.attributes) for span in ended.get_finished_spans()
        ]
        assert [trace_id for trace_id, _ in told] == [FIRST.split("-")[1], SECOND.split("-")[1]]
        assert all(attributes and attributes["authpulse.board.position"] == 8 for _, attributes in told)
        shown.swapped(9)
        assert len(ended.get_finished_spans()) == 3
        shown.swapped(10)
        assert len(ended.get_finished_spans()) == 3


def test_a_tick_without_traces_begins_nothing() -> None:
    shown = Shown()
    with ended_spans() as ended:
        for headers in (None, {}, {TRACES: ""}, {TRACES: ","}):
            shown.told(1, headers)
        shown.swapped(1)
    assert ended.get_finished_spans() == ()


def test_while_the_ledger_cannot_be_read_only_so_many_wait() -> None:
    shown = Shown()
    with ended_spans() as ended:
        for position in range(1, 1201):
            shown.told(position, {TRACES: FIRST})
        shown.swapped(1200)
    assert len(ended.get_finished_spans()) == 1000
