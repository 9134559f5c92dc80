"""What identity providers are known to answer arrives over HTTP as it was sent, after exactly one POST each."""

import asyncio
import json
from base64 import b64decode
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from authpulse_contract.connections import OAuthConfig
from authpulse_contract.secret import Secret
from authpulse_refresher.model import Answer, Connection, NoAnswer, Tokens
from authpulse_refresher.provider.idp import ask
from authpulse_refresher.provider.wire import Wires
from authpulse_refresher.verdict.classify import classify
from support import idp as manners
from support.idp import Client, Idp

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
CORPUS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[1] / "support" / "idp_answers.json").read_text("utf-8")
)


def body_of(case: dict[str, Any]) -> bytes:
    return b64decode(case["body_b64"]) if case.get("body_b64") else case["body"].encode()


def connection_at(client: Client) -> Connection:
    return Connection(
        connection_id=UUID(int=1),
        kind="api",
        name=client.client_id,
        version=1,
        generation=1,
        declared_by="file",
        oauth=OAuthConfig(grant="authorization_code", token_url=client.token_url, client_id=client.client_id),
        client_secret=Secret("s3cret"),
        tokens=Tokens(refresh_token=Secret("rt-0")),
    )


async def test_each_known_answer_gets_over_http_the_verdict_of_its_bytes_after_one_post(idp: Idp) -> None:
    """Together with test_corpus, which holds the verdicts themselves against the corpus."""
    wires = Wires()

    async def judged(case: dict[str, Any]) -> object:
        client = idp.client(case["id"], secret="s3cret")
        client.always(manners.Answer(status=case["status"], body=body_of(case), headers=case["headers"]))
        answer, _ = await ask(wires, connection_at(client), deadline=20)
        assert len(client.posts) == 1
        return verdict(answer)

    def verdict(answer: Answer | NoAnswer) -> object:
        return classify(answer, idp_host="idp.example", now=NOW)

    found = dict(zip((case["id"] for case in CORPUS), await asyncio.gather(*map(judged, CORPUS)), strict=True))
    await wires.close()
    assert len(found) == 178
    assert found == {
        case["id"]: verdict(Answer(status=case["status"], headers=case["headers"], body=body_of(case)))
        for case in CORPUS
    }
