"""The Kubernetes manifests, as rendered: the API takes them, nobody gets a privilege, and what must fit does fit."""

from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from authpulse_contract.secret import Secret
from authpulse_health_api.server import LAST_ANSWERS
from authpulse_refresher.refreshing.refresh import STORE_MARGIN
from authpulse_refresher.settings import Settings
from support.manifests import OVERLAYS, Manifest, faults, of_kind, pods, rendered
from support.promql import RULES

SERVICES = ("refresher", "event-store", "health-api")


@pytest.fixture(params=OVERLAYS)
def manifests(request: pytest.FixtureRequest) -> list[Manifest]:
    return rendered(request.param)


@pytest.mark.parametrize("version", ["1.35", "1.36", "1.37"])
def test_the_api_takes_them(manifests: list[Manifest], version: str) -> None:
    assert [fault for manifest in manifests for fault in faults(manifest, version)] == []


def test_a_wrong_manifest_would_be_noticed(manifests: list[Manifest]) -> None:
    deployment = of_kind("Deployment", manifests)["refresher"]
    container = deployment["spec"]["template"]["spec"]["containers"][0]
    container["readOnlyRootFileSystem"] = True
    container["ports"] = "8081"
    assert len(faults(deployment, "1.37")) == 2


def test_each_pod_is_without_privileges(manifests: list[Manifest]) -> None:
    assert {name for name, _ in pods(manifests)} >= {*SERVICES, "migrate-vault", "migrate-ledger"}
    for name, template in pods(manifests):
        pod = template["spec"]
        assert pod["securityContext"]["runAsNonRoot"] is True, name
        assert pod["securityContext"]["runAsUser"] > 0, name
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, name
        assert pod["automountServiceAccountToken"] is False, name
        assert not {"hostNetwork", "hostPID", "hostIPC", "hostUsers"} & pod.keys(), name
        assert not [volume for volume in pod.get("volumes", []) if "hostPath" in volume], name
        for container in pod["containers"] + pod.get("initContainers", []):
            _check_container(name, container)


def _check_container(name: str, container: Manifest) -> None:
    security = container["securityContext"]
    assert security["allowPrivilegeEscalation"] is False, name
    assert security["readOnlyRootFilesystem"] is True, name
    assert security["capabilities"] == {"drop": ["ALL"]}, name
    assert not security.get("privileged"), name
    assert container["resources"]["requests"].keys() >= {"cpu", "memory"}, name
    assert "memory" in container["resources"]["limits"], name
    assert not [port for port in container.get("ports", []) if "hostPort" in port], name


def test_secrets_are_named_and_never_written_down(manifests: list[Manifest]) -> None:
    assert not of_kind("Secret", manifests)
    for name, template in pods(manifests):
        for container in template["spec"]["containers"]:
            values = {variable["name"]: variable.get("value", "") for variable in container.get("env", [])}
            secret = [variable for variable in values if variable.endswith(("_TOKEN", "_KEYS", "_DATABASE_URL"))]
            assert not secret, f"{name}: {secret} should be files"


def test_each_service_is_probed_kept_available_and_let_alone(manifests: list[Manifest]) -> None:
    budgets, accounts = of_kind("PodDisruptionBudget", manifests), of_kind("ServiceAccount", manifests)
    for name in SERVICES:
        deployment = of_kind("Deployment", manifests)[name]
        pod = deployment["spec"]["template"]["spec"]
        probed = {probe: pod["containers"][0][f"{probe}Probe"]["httpGet"] for probe in ("liveness", "readiness")}
        assert probed == {
            "liveness": {"path": "/healthz", "port": "probe"},
            "readiness": {"path": "/readyz", "port": "probe"},
        }
        assert budgets[name]["spec"]["selector"] == deployment["spec"]["selector"]
        assert accounts[pod["serviceAccountName"]]["automountServiceAccountToken"] is False
        assert deployment["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
    closed = of_kind("NetworkPolicy", manifests)["nothing"]["spec"]
    assert closed == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


def test_a_refresher_that_is_told_to_stop_has_time_for_what_it_has_asked(manifests: list[Manifest]) -> None:
    pod = of_kind("Deployment", manifests)["refresher"]["spec"]["template"]["spec"]
    deadline = Settings(database_url=Secret(""), sealing_keys=Secret("")).idp_deadline
    assert pod["terminationGracePeriodSeconds"] > deadline + STORE_MARGIN


def test_a_health_api_ends_its_streams_after_proxies_have_turned_away_and_before_it_is_killed(
    manifests: list[Manifest],
) -> None:
    pod = of_kind("Deployment", manifests)["health-api"]["spec"]["template"]["spec"]
    before = pod["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert before >= pod["containers"][0]["readinessProbe"]["periodSeconds"]
    assert pod["terminationGracePeriodSeconds"] > before + LAST_ANSWERS


def test_replicas_stand_on_nodes_of_their_own_where_there_are_any(manifests: list[Manifest]) -> None:
    for name in SERVICES:
        deployment = of_kind("Deployment", manifests)[name]["spec"]
        (spread,) = deployment["template"]["spec"]["topologySpreadConstraints"]
        assert spread["topologyKey"] == "kubernetes.io/hostname", name
        assert spread["labelSelector"] == deployment["selector"], name
    scaled = of_kind("HorizontalPodAutoscaler", manifests)["health-api"]["spec"]
    assert scaled["minReplicas"] >= 2
    assert scaled["behavior"]["scaleDown"]["policies"] == [{"type": "Pods", "value": 1, "periodSeconds": 120}]


def test_selectors_and_references_name_what_is_there(manifests: list[Manifest]) -> None:
    labels = [template["metadata"]["labels"] for _, template in pods(manifests)]
    for service in of_kind("Service", manifests).values():
        assert any(service["spec"]["selector"].items() <= own.items() for own in labels), service["metadata"]
    for policy in of_kind("NetworkPolicy", manifests).values():
        assert any(_selects(policy["spec"]["podSelector"], own) for own in labels), policy["metadata"]
    scaled = of_kind("HorizontalPodAutoscaler", manifests)["health-api"]["spec"]["scaleTargetRef"]["name"]
    assert "replicas" not in of_kind("Deployment", manifests)[scaled]["spec"]
    configs = of_kind("ConfigMap", manifests)
    for _, template in pods(manifests):
        for volume in template["spec"].get("volumes", []):
            sources = [volume, *volume.get("projected", {}).get("sources", [])]
            assert {source["configMap"]["name"] for source in sources if "configMap" in source} <= configs.keys()


def test_production_has_the_rules_of_prometheus() -> None:
    rule = of_kind("PrometheusRule", rendered("production"))["authpulse"]
    assert rule["spec"] == yaml.safe_load(RULES.read_text())


def test_production_sends_traces_to_a_collector_that_the_network_lets_it_reach() -> None:
    manifests = rendered("production")
    for name in SERVICES:
        (container,) = of_kind("Deployment", manifests)[name]["spec"]["template"]["spec"]["containers"]
        said = {one["name"]: one.get("value") for one in container["env"]}
        address = urlsplit(said["OTEL_EXPORTER_OTLP_ENDPOINT"])
        assert said["OTEL_TRACES_SAMPLER"] == "parentbased_traceidratio"
        assert 0 < float(said["OTEL_TRACES_SAMPLER_ARG"]) <= 1
        policy = of_kind("NetworkPolicy", manifests)["to-collector"]["spec"]
        assert _selects(policy["podSelector"], {"app.kubernetes.io/name": name})
        (egress,) = policy["egress"]
        (place,) = egress["to"]
        namespace = place["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"]
        assert (address.hostname or "").endswith(f".{namespace}")
        assert egress["ports"] == [{"port": address.port, "protocol": "TCP"}]


def _selects(selector: dict[str, Any], labels: dict[str, str]) -> bool:
    listed = all(labels.get(one["key"]) in one["values"] for one in selector.get("matchExpressions", []))
    return listed and selector.get("matchLabels", {}).items() <= labels.items()
