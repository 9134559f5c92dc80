"""The verdict on each of 178 answers that some 70 identity providers give."""

import json
from base64 import b64decode
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from authpulse_contract.secret import Secret
from authpulse_refresher.model import Answer, Issued, Terminal, Transient
from authpulse_refresher.verdict.classify import classify

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
CORPUS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[1] / "support" / "idp_answers.json").read_text("utf-8")
)


def answer_of(case: dict[str, Any], status: int | None = None) -> Answer:
    body = b64decode(case["body_b64"]) if case.get("body_b64") else case["body"].encode()
    return Answer(status=status or case["status"], headers=case["headers"], body=body)


@pytest.mark.parametrize("case", CORPUS, ids=[case["id"] for case in CORPUS])
def test_each_answer_gets_the_verdict_that_its_idp_means(case: dict[str, Any]) -> None:
    verdict = classify(answer_of(case), idp_host="idp.example", now=NOW)
    code = case["error_code"]
    match case["class"]:
        case "success":
            expected = case["expect"]
            renewed = expected["new_refresh_token"]
            assert isinstance(verdict, Issued)
            assert verdict.access_token == Secret(expected["access_token"])
            assert verdict.refresh_token == (Secret(renewed) if renewed else None)
            assert verdict.expires_in == expected["expires_in_s"]
            assert verdict.refresh_expires_in == expected["refresh_expires_in_s"]
        case "terminal":
            assert isinstance(verdict, Terminal)
            assert verdict.code == (code or ("http_401" if case["status"] == 401 else None))
            assert verdict.http_status == case["status"]
        case "transient":
            assert isinstance(verdict, Transient)
            # 60 s after the answer's own date; the corpus leaves open which clock counts.
            delay = 60 if case["id"] == "429-http-date" else case["retry_after_s"]
            assert (verdict.code, verdict.retry_after) == (code, delay)
            assert verdict.http_status == case["status"]
        case _:
            assert isinstance(verdict, Issued | Terminal | Transient)


@pytest.mark.parametrize("status", [500, 502, 503, 504, 522, 599])
def test_a_5xx_is_never_terminal_whatever_its_body_says(status: int) -> None:
    verdicts = [classify(answer_of(case, status), idp_host="idp.example", now=NOW) for case in CORPUS]
    assert {type(verdict) for verdict in verdicts} == {Transient}
    assert all(isinstance(verdict, Transient) and verdict.outcome_unknown for verdict in verdicts)


def test_a_401_is_always_terminal_and_a_429_never() -> None:
    refused = {type(classify(answer_of(case, 401), idp_host="idp.example", now=NOW)) for case in CORPUS}
    throttled = {type(classify(answer_of(case, 429), idp_host="idp.example", now=NOW)) for case in CORPUS}
    assert (refused, throttled) == ({Terminal}, {Transient})
