"""Reduces Kubernetes' OpenAPI to a JSON Schema of the kinds used here, for tests without a network.

python .ci/k8s_schemas.py SWAGGER.json OUT.json             api/openapi-spec/swagger.json of Go module k8s.io/kubernetes
python .ci/k8s_schemas.py OUT.json CRD.yaml ...             custom resources, from their definitions
"""

import json
import sys
from pathlib import Path
from typing import Any, Final

import yaml

KINDS: Final = {
    "ConfigMap",
    "Deployment",
    "HorizontalPodAutoscaler",
    "Job",
    "Namespace",
    "NetworkPolicy",
    "PodDisruptionBudget",
    "Service",
    "ServiceAccount",
    "StatefulSet",
}
_KEPT: Final = {"$ref", "type", "items", "required", "enum"}
_NUMBER_OR_TEXT: Final = {"type": ["string", "integer", "number"]}


def strict(schema: Any) -> Any:
    """Without descriptions; a member that is not described is refused, as `kubectl apply --validate=strict` does."""
    if isinstance(schema, list):
        return [strict(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("format") == "int-or-string" or schema.get("x-kubernetes-int-or-string"):
        return _NUMBER_OR_TEXT
    kept = {name: strict(value) for name, value in schema.items() if name in _KEPT}
    if "properties" in schema:
        kept["properties"] = {name: strict(value) for name, value in schema["properties"].items()}
        kept["additionalProperties"] = False
    elif "additionalProperties" in schema:
        kept["additionalProperties"] = strict(schema["additionalProperties"])
    return kept


def names_in(schema: Any) -> set[str]:
    if isinstance(schema, dict):
        here = {schema["$ref"].rpartition("/")[2]} if isinstance(schema.get("$ref"), str) else set()
        return here.union(*(names_in(value) for value in schema.values()))
    return set().union(*(names_in(one) for one in schema)) if isinstance(schema, list) else set()


def reduce(swagger: dict[str, Any]) -> dict[str, Any]:
    all_of = swagger["definitions"]
    all_of["io.k8s.apimachinery.pkg.api.resource.Quantity"] = {"format": "int-or-string"}
    kinds: dict[str, Any] = {}
    for name, definition in all_of.items():
        for known in definition.get("x-kubernetes-group-version-kind", []):
            if known["kind"] in KINDS and len(definition["x-kubernetes-group-version-kind"]) == 1:
                version = "/".join(filter(None, [known["group"], known["version"]]))
                kinds[f"{version} {known['kind']}"] = {"$ref": f"#/definitions/{name}"}
    needed, found = names_in(kinds), dict[str, Any]()
    while needed:
        name = needed.pop()
        found[name] = strict(all_of[name])
        needed |= names_in(found[name]) - found.keys()
    return {"kinds": kinds, "definitions": dict(sorted(found.items()))}


def custom(paths: list[str]) -> dict[str, Any]:
    kinds: dict[str, Any] = {}
    for path in paths:
        spec = yaml.safe_load(Path(path).read_text(encoding="utf-8"))["spec"]
        for version in spec["versions"]:
            schema = strict(version["schema"]["openAPIV3Schema"])
            schema["properties"]["metadata"] = {"type": "object"}
            kinds[f"{spec['group']}/{version['name']} {spec['names']['kind']}"] = schema
    return {"kinds": kinds, "definitions": {}}


if __name__ == "__main__":
    first, second, *rest = sys.argv[1:]
    if first.endswith("swagger.json"):
        out, schema = second, reduce(json.loads(Path(first).read_text(encoding="utf-8")))
    else:
        out, schema = first, custom([second, *rest])
    Path(out).write_text(json.dumps(schema, separators=(",", ":")) + "\n", encoding="utf-8")
