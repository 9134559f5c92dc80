"""What the health-api counts and measures: all of it from memory."""

from collections import Counter as Tally
from collections.abc import Callable, Iterator
from typing import Final

from prometheus_client import Counter, Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from authpulse_health_api.health.board import Board
from authpulse_health_api.upstream.watch import Watch

_ANSWERS: Final = Counter("authpulse_http_answers_total", "Answers to HTTP requests, by status.", ["status"])
_STATES: Final = ("healthy", "refresh_failing", "needs_reauth")


def answered(status: int) -> None:
    """An HTTP request was answered, or its answer begun."""
    _ANSWERS.labels(str(status)).inc()


class Measures(Collector):
    """What `watch` holds, and the number of `readers` of the stream."""

    def __init__(self, watch: Watch, readers: Callable[[], int]) -> None:
        self._watch, self._readers = watch, readers
        self._counted: tuple[Board | None, dict[str, int]] = (None, {})

    def collect(self) -> Iterator[Metric]:
        board = self._watch.board
        yield GaugeMetricFamily(
            "authpulse_board_age_seconds",
            "Since the rows served were last known to hold all that had happened.",
            value=self._watch.freshness().age,
        )
        yield GaugeMetricFamily(
            "authpulse_board_position", "The ledger's position as served.", value=board.position if board else 0
        )
        yield GaugeMetricFamily("authpulse_stream_clients", "Readers of the event stream.", value=self._readers())
        connections = GaugeMetricFamily(
            "authpulse_connections", "Connections by what their badge says.", labels=["state"]
        )
        if board is not None:  # nothing is known of any before that, and 0 would be a claim
            for state, number in self._by_state(board).items():
                connections.add_metric([state], number)
        yield connections

    def _by_state(self, board: Board) -> dict[str, int]:
        """Counted once a board: it holds up to 100,000 rows."""
        if self._counted[0] is not board:
            tally = Tally(
                "needs_reauth" if row.needs_reauth else "refresh_failing" if row.refresh_failing else "healthy"
                for row in board.rows
            )
            self._counted = board, {state: tally[state] for state in _STATES}
        return self._counted[1]
