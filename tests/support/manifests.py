"""The Kubernetes manifests as kustomize renders them, and the API's own descriptions of what they may be."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import yaml

Manifest = dict[str, Any]

K8S = Path(__file__).resolve().parent.parent.parent / "deploy/k8s"
SCHEMAS = Path(__file__).resolve().parent.parent / "deploy/schemas"
OVERLAYS = ("trial", "production")


def rendered(overlay: str) -> list[Manifest]:
    return list(yaml.safe_load_all((K8S / f"rendered/{overlay}.yaml").read_text()))


def of_kind(kind: str, manifests: list[Manifest]) -> dict[str, Manifest]:
    """Those of one kind, by name."""
    return {one["metadata"]["name"]: one for one in manifests if one["kind"] == kind}


def pods(manifests: list[Manifest]) -> Iterator[tuple[str, Manifest]]:
    """The pod of each workload: its name and the pod's template."""
    for one in manifests:
        if one["kind"] in {"Deployment", "StatefulSet", "Job", "DaemonSet", "CronJob"}:
            yield one["metadata"]["name"], one["spec"]["template"]


def faults(manifest: Manifest, version: str) -> list[str]:
    """What the API of that version would refuse, members that it does not know included."""
    kind = f"{manifest['apiVersion']} {manifest['kind']}"
    for name in (f"kubernetes-{version}", "prometheus-operator-0.85"):
        described = json.loads((SCHEMAS / f"{name}.json").read_text())
        if kind in described["kinds"]:
            validator = jsonschema_rs.validator_for(
                {**described["kinds"][kind], "definitions": described["definitions"]}
            )
            return [f"{kind}: {fault.message}" for fault in validator.iter_errors(manifest)]
    return [f"{kind}: not described"]
