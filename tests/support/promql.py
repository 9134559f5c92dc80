"""Finds the metrics in PromQL: enough of it to see what rules and dashboards ask for."""

import json
import re
from pathlib import Path
from typing import Any

import yaml

DEPLOY = Path(__file__).resolve().parent.parent.parent / "deploy"
RULES = DEPLOY / "observability/alerts.yaml"
DASHBOARD = DEPLOY / "observability/dashboard.json"

_METRIC = re.compile(r"\bauthpulse[_:][a-z0-9_:]*")
_LABELLED = re.compile(r"\b(authpulse_[a-z0-9_]*)\{([^}]*)\}")
_LABEL = re.compile(r'(\w+)\s*(?:=|!=|=~|!~)\s*"')


def rules() -> list[dict[str, Any]]:
    groups = yaml.safe_load(RULES.read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def queries() -> list[str]:
    """Every expression of the rules and of the dashboard."""
    panels = json.loads(DASHBOARD.read_text())["panels"]
    return [rule["expr"] for rule in rules()] + [
        target["expr"] for panel in panels for target in panel.get("targets", [])
    ]


def metrics_in(query: str) -> set[str]:
    return set(_METRIC.findall(query))


def labels_in(query: str) -> set[tuple[str, str]]:
    """(metric, label) of each matcher."""
    return {(metric, label) for metric, inside in _LABELLED.findall(query) for label in _LABEL.findall(inside)}
