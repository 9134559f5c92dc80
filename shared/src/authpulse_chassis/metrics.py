"""What a process measures, for Prometheus: a page beside the probes, and what keeps it small and cheap."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Final

import psycopg
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Metric,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from authpulse_chassis.probes import Answer, Page

OTHER: Final = "other"
"""The label that all share who came when the labels were used up."""
NONE: Final = "none"
"""The label where there is no value."""
_HOSTS: Final = 50
_FRESH: Final = 5.0
"""Seconds that a sample is good for: several who scrape cost the database as much as one."""
_SAMPLED_WITHIN: Final = 2.0

_log = logging.getLogger(__name__)

# A second series for each counter, saying when it was made, would tell nothing that the process's start does not.
disable_created_metrics()  # type: ignore[no-untyped-call]  # the library leaves it unannotated


class Bounded:
    """Label values of which there may be any number: the first `limit` keep their own, later ones are `other`.

    Not the busiest: a label that moved to `other` would take its counts along, and a counter must not fall.
    """

    def __init__(self, limit: int = _HOSTS) -> None:
        self._limit = limit
        self._known: set[str] = set()

    def __call__(self, value: str | None) -> str:
        if not value:
            return NONE
        if value not in self._known:
            if len(self._known) >= self._limit:
                return OTHER
            self._known.add(value)
        return value


class Sampled(Collector):
    """Gauges whose values have to be asked for, by name: what each says, and `sample`, which gives them.

    A value that is None, and all of them while `sample` fails, are absent from the page: an old one would deceive.
    """

    def __init__(
        self,
        told: Mapping[str, str],
        sample: Callable[[], Awaitable[Mapping[str, float | None]]],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._told, self._sample, self._clock = told, sample, clock
        self._values: Mapping[str, float | None] = {}
        self._good_until: float | None = None

    async def refresh(self) -> None:
        """Ask again if what is known has become old."""
        if self._good_until is not None and self._clock() < self._good_until:
            return
        # Set first: who comes meanwhile gets what there is and asks for nothing.
        self._good_until = self._clock() + _FRESH
        try:
            async with asyncio.timeout(_SAMPLED_WITHIN):
                self._values = await self._sample()
        except (psycopg.Error, OSError, TimeoutError) as outage:
            _log.debug("not sampled: %s", type(outage).__name__)
            self._values = {}

    def collect(self) -> Iterator[Metric]:
        for name, meaning in self._told.items():
            value = self._values.get(name)
            yield (
                GaugeMetricFamily(name, meaning, value=value)
                if value is not None
                else GaugeMetricFamily(name, meaning, labels=())
            )


def metrics_page(*own: Collector) -> dict[str, Page]:
    """`/metrics` in the text format of Prometheus: all that this process counts, and `own`, which it has but here."""
    registry = CollectorRegistry()
    for collector in own:
        registry.register(collector)

    async def metrics() -> Answer:
        await asyncio.gather(*(collector.refresh() for collector in own if isinstance(collector, Sampled)))
        return Answer(200, generate_latest(REGISTRY) + generate_latest(registry), CONTENT_TYPE_LATEST)

    return {"/metrics": metrics}
