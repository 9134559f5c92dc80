"""compose.yaml as it is written: the specification takes it, and every service of it is held to the same rules."""

import json
import re
from collections.abc import Hashable
from pathlib import Path
from typing import Any, Final

import jsonschema_rs
import pytest
import yaml

ROOT: Final = Path(__file__).resolve().parents[2]
SPECIFICATION: Final = Path(__file__).parent / "schemas/compose-spec.json"
ONCE: Final = {"migrate-vault", "migrate-ledger", "authpulse", "demo"}

Members = dict[str, Any]


class Strict(yaml.SafeLoader):
    """Refuses a member that is there twice, as Compose 2 does; YAML's own loader takes the last one."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        names = [key.value for key, _ in node.value if key.tag != "tag:yaml.org,2002:merge"]
        doubles = {name for name in names if names.count(name) > 1}
        assert not doubles, f"{node.start_mark}: {doubles} twice"
        return super().construct_mapping(node, deep)


def read(text: str) -> Members:
    # Strict is a SafeLoader: it makes no objects.
    found: Members = yaml.load(text, Loader=Strict)  # noqa: S506
    return found


@pytest.fixture(scope="module")
def compose() -> Members:
    return read((ROOT / "compose.yaml").read_text())


@pytest.fixture(params=sorted(yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]))
def service(request: pytest.FixtureRequest, compose: Members) -> tuple[str, Members]:
    return request.param, compose["services"][request.param]


def test_the_specification_takes_it(compose: Members) -> None:
    # What a variable stands for is put in before it is checked.
    put_in = json.loads(re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", json.dumps(compose)))
    schema = jsonschema_rs.validator_for(json.loads(SPECIFICATION.read_text()))
    assert [f"{fault.instance_path}: {fault.message}" for fault in schema.iter_errors(put_in)] == []


def test_a_member_that_is_unknown_or_there_twice_would_be_noticed(compose: Members) -> None:
    schema = jsonschema_rs.validator_for(json.loads(SPECIFICATION.read_text()))
    assert not schema.is_valid({"services": {"one": {**compose["services"]["refresher"], "readonly": True}}})
    with pytest.raises(AssertionError, match="'b'"):
        read("a: {b: 1, b: 2}")


def test_a_service_has_no_privilege_and_bounds(service: tuple[str, Members]) -> None:
    name, members = service
    assert members["read_only"] is True
    assert members["cap_drop"] == ["ALL"]
    assert members["security_opt"] == ["no-new-privileges:true"]
    assert ("cap_add" in members) == (name == "postgres")
    assert members["mem_limit"]
    assert members["pids_limit"] > 0
    assert members["logging"]["options"].keys() == {"max-size", "max-file"}
    forbidden = {"privileged", "network_mode", "pid", "ipc", "devices", "userns_mode"}
    assert not forbidden & members.keys()
    assert not [volume for volume in members.get("volumes", []) if "docker.sock" in volume]


def test_what_should_run_comes_back_and_what_should_end_does_not(service: tuple[str, Members]) -> None:
    name, members = service
    assert members["restart"] == ({"demo": "on-failure"}.get(name, "no") if name in ONCE else "unless-stopped")


def test_a_secret_is_a_file_and_each_is_somebodys(compose: Members) -> None:
    assert all(secret.keys() == {"file"} for secret in compose["secrets"].values())
    handed_out = {secret for members in compose["services"].values() for secret in members.get("secrets", [])}
    assert handed_out == compose["secrets"].keys()
    for members in compose["services"].values():
        secret = re.compile("_(URL|KEYS?|TOKEN|PASSWORD|SEED|CREDENTIALS)$")
        plain = {name for name in members.get("environment", {}) if secret.search(name)}
        assert plain <= {"AUTHPULSE_URL", "AUTHPULSE_DEMO_URL", "AUTHPULSE_DEMO_BROWSERS_URL"}, "should be files"
        files = {value for name, value in members.get("environment", {}).items() if name.endswith("_FILE")}
        assert files <= {f"/run/secrets/{name}" for name in members.get("secrets", [])}


def test_each_starts_after_what_it_needs(compose: Members) -> None:
    after = {
        name: {other: how["condition"] for other, how in members.get("depends_on", {}).items()}
        for name, members in compose["services"].items()
    }
    assert after["migrate-vault"] == after["migrate-ledger"] == {"postgres": "service_healthy"}
    assert after["refresher"]["migrate-vault"] == "service_completed_successfully"
    assert after["event-store"]["migrate-ledger"] == "service_completed_successfully"
    assert after["health-api"] == {"refresher": "service_healthy", "event-store": "service_healthy"}


def test_what_must_outlive_a_container_is_in_a_named_volume(compose: Members) -> None:
    named = {
        name: {volume.split(":")[0] for volume in members.get("volumes", []) if not volume.startswith((".", "$"))}
        for name, members in compose["services"].items()
    }
    assert {name: volumes for name, volumes in named.items() if volumes} == {
        "nats": {"nats"},
        "postgres": {"postgres"},
        "refresher": {"spill"},
    }
    assert compose["volumes"].keys() == {"nats", "postgres", "spill"}


def test_the_demonstration_and_the_command_start_only_when_asked_for(compose: Members) -> None:
    profiles = {name: members["profiles"] for name, members in compose["services"].items() if "profiles" in members}
    assert profiles == {"authpulse": ["tools"], "demo-idp": ["demo"], "demo": ["demo"]}
