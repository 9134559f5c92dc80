"""Reads what services say at `/metrics`, as Prometheus would."""

from collections.abc import Mapping

from prometheus_client.parser import text_string_to_metric_families


class Scrape:
    """The samples of several pages taken together."""

    def __init__(self, pages: Mapping[str, bytes]) -> None:
        families = [family for page in pages.values() for family in text_string_to_metric_families(page.decode())]
        self._samples = [sample for family in families for sample in family.samples]
        self.names = {name for family in families for name in _series(family.name, family.type)}
        """The names that can be queried, those without a sample so far too."""
        self.labels = {(sample.name, label) for sample in self._samples for label in sample.labels}
        """Name and label, of what has samples."""

    def value(self, name: str, **labels: str) -> float | None:
        """The one sample with these labels (and perhaps others); None where there is none."""
        found = [one.value for one in self._samples if one.name == name and labels.items() <= one.labels.items()]
        assert len(found) <= 1, f"{name}{labels} names {len(found)} samples"
        return found[0] if found else None


def _series(name: str, kind: str) -> list[str]:
    match kind:
        case "counter":
            return [f"{name}_total"]
        case "histogram":
            return [f"{name}_bucket", f"{name}_count", f"{name}_sum"]
        case _:
            return [name]
