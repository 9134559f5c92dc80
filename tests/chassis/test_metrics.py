"""The page of metrics: bounded labels, and gauges that are absent where their values are not to be had."""

from collections.abc import Mapping
from itertools import count

from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, generate_latest

from authpulse_chassis.metrics import NONE, OTHER, Bounded, Sampled, metrics_page

TOLD = {"a_metric": "what it says", "another_metric": "what that says"}


class Database:
    """Something to be asked: gives 1, 2, 3 ..., or raises `outage`."""

    def __init__(self) -> None:
        self.outage: Exception | None = None
        self._asked = count(1)

    async def sample(self) -> Mapping[str, float | None]:
        if self.outage:
            raise self.outage
        return {"a_metric": next(self._asked), "another_metric": None}


def samples(sampled: Sampled) -> dict[str, float]:
    return {sample.name: sample.value for family in sampled.collect() for sample in family.samples}


@given(st.lists(st.text()), st.integers(1, 5))
def test_labels_are_never_more_than_allowed_and_keep_their_meaning(values: list[str], limit: int) -> None:
    bounded = Bounded(limit)
    first = [bounded(value) for value in values]
    assert [bounded(value) for value in values] == [bounded(value) for value in values]
    assert len(set(first)) <= limit + 2
    assert all(label in {value or NONE, OTHER} for value, label in zip(values, first, strict=True))


async def test_a_sample_is_taken_once_for_all_who_ask_within_some_seconds() -> None:
    now, database = [0.0], Database()
    sampled = Sampled(TOLD, database.sample, lambda: now[0])
    await sampled.refresh()
    await sampled.refresh()
    assert samples(sampled) == {"a_metric": 1}
    now[0] = 5.0
    await sampled.refresh()
    assert samples(sampled) == {"a_metric": 2}


async def test_what_cannot_be_asked_for_is_absent_and_comes_back() -> None:
    now, database = [0.0], Database()
    sampled = Sampled(TOLD, database.sample, lambda: now[0])
    await sampled.refresh()
    now[0], database.outage = 5.0, ConnectionResetError()
    await sampled.refresh()
    assert samples(sampled) == {}
    now[0], database.outage = 10.0, None
    await sampled.refresh()
    assert samples(sampled) == {"a_metric": 2}


def test_a_metric_without_a_value_is_still_described() -> None:
    registry = CollectorRegistry()
    registry.register(Sampled(TOLD, Database().sample))
    page = generate_latest(registry).decode()
    assert "# HELP a_metric what it says" in page
    assert "# TYPE another_metric gauge" in page


async def test_the_page_is_what_prometheus_reads() -> None:
    answer = await metrics_page(Sampled(TOLD, Database().sample))["/metrics"]()
    assert (answer.status, answer.content_type.split(";")[0]) == (200, "text/plain")
    assert b"\na_metric 1.0\n" in answer.body
    assert b"\nprocess_start_time_seconds " in answer.body
