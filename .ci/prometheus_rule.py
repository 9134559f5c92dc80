"""Writes the Prometheus operator's PrometheusRule from the alert rules; with --check, fails where it is another."""

import sys
import textwrap
from pathlib import Path
from typing import Final

DEPLOY: Final = Path(__file__).resolve().parent.parent / "deploy"
RULES: Final = DEPLOY / "observability/alerts.yaml"
PAGE: Final = DEPLOY / "k8s/components/prometheus-operator/prometheusrule.yaml"
OPENING: Final = """# Written by ./justw publish from deploy/observability/alerts.yaml.
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata: { name: authpulse }
spec:
"""


def main() -> None:
    page = OPENING + textwrap.indent(RULES.read_text(encoding="utf-8"), "  ")
    if "--check" not in sys.argv:
        PAGE.write_text(page, encoding="utf-8")
    elif not PAGE.exists() or PAGE.read_text(encoding="utf-8") != page:
        sys.exit(f"{PAGE.name} is not what the rules are: run ./justw publish")


if __name__ == "__main__":
    main()
