"""A real Prometheus on loopback that scrapes a running system every second, with our own rules."""

import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import yaml

from support.promql import RULES
from support.servers import free_port, until

Result = dict[str, Any]


class Prometheus:
    """Answers queries; `url` is that of its HTTP API."""

    def __init__(self, url: str) -> None:
        self.url = url

    def query(self, expression: str) -> list[Result]:
        """Labels and value of each series; AssertionError where Prometheus does not take the expression."""
        answer = httpx.post(f"{self.url}/api/v1/query", data={"query": expression}, timeout=10)
        assert answer.status_code == 200, f"{expression}: {answer.text}"
        found = answer.json()["data"]
        return [found] if found["resultType"] == "scalar" else list(found["result"])

    def rules(self) -> list[dict[str, Any]]:
        """How each rule fares."""
        groups = httpx.get(f"{self.url}/api/v1/rules", timeout=10).json()["data"]["groups"]
        return [rule for group in groups for rule in group["rules"]]

    def is_ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/-/ready", timeout=2).status_code == 200
        except httpx.TransportError:
            return False


@contextmanager
def running_prometheus(folder: Path, targets: Mapping[str, str]) -> Iterator[Prometheus]:
    """Scrapes `targets`, addresses by job; `prometheus` has to be on PATH (`.ci/deploy-tools`)."""
    folder.mkdir()
    rules = yaml.safe_load(RULES.read_text())
    for group in rules["groups"]:
        group["interval"] = "1s"
    (folder / "rules.yaml").write_text(yaml.safe_dump(rules))
    config = {
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": ["rules.yaml"],
        "scrape_configs": [
            {"job_name": job, "static_configs": [{"targets": [address]}]} for job, address in targets.items()
        ],
    }
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
    address = f"127.0.0.1:{free_port()}"
    command = ["prometheus", f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([*command, f"--web.listen-address={address}"], stdout=log, stderr=log)
    server = Prometheus(f"http://{address}")
    try:
        until(server.is_ready, seconds=30, what=f"Prometheus, whose log is in {folder}")
        yield server
    finally:
        process.terminate()
        process.wait(30)
