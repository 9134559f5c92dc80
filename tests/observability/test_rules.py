"""Rules, runbooks and dashboard fit each other; that their metrics exist, tests/system/test_metrics.py sees."""

import json
from pathlib import Path

import yaml

from support.promql import DASHBOARD, RULES, metrics_in, queries, rules

ROOT = Path(__file__).resolve().parent.parent.parent
RUNBOOKS = ROOT / "docs/runbooks"


def test_each_alert_says_what_is_wrong_how_bad_it_is_and_where_to_read_on() -> None:
    alerts = [rule for rule in rules() if "alert" in rule]
    assert {page.stem for page in RUNBOOKS.glob("*.md")} == {alert["alert"] for alert in alerts}
    for alert in alerts:
        assert alert["labels"]["severity"] in {"warning", "critical"}
        assert alert["annotations"]["summary"]
        assert (ROOT / alert["annotations"]["runbook"]).stem == alert["alert"]


def test_each_alert_is_tested_to_fire_and_not_to() -> None:
    tests = yaml.safe_load((RULES.parent / "alerts_test.yaml").read_text())["tests"]
    expected = [one for test in tests for one in test.get("alert_rule_test", [])]
    alerts = {rule["alert"] for rule in rules() if "alert" in rule}
    assert {one["alertname"] for one in expected if one["exp_alerts"]} == alerts
    assert {one["alertname"] for one in expected if not one["exp_alerts"]} == alerts


def test_each_runbook_says_what_to_look_at_and_what_to_do() -> None:
    for page in RUNBOOKS.glob("*.md"):
        text = page.read_text()
        assert text.startswith(f"# {page.stem}\n")
        assert "**Effect.**" in text
        assert text.index("## Look") < text.index("## Do")


def test_what_is_recorded_is_asked_for_and_the_other_way_round() -> None:
    recorded = {rule["record"] for rule in rules() if "record" in rule}
    asked = {metric for query in queries() for metric in metrics_in(query) if ":" in metric}
    assert asked == recorded


def test_the_panels_have_places_of_their_own() -> None:
    places = [panel["gridPos"] for panel in json.loads(DASHBOARD.read_text())["panels"]]
    squares = [
        (x, y)
        for place in places
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]
    assert len(squares) == len(set(squares))
    assert all(x < 24 for x, _ in squares)
