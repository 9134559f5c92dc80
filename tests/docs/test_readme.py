"""What the README promises is tried as it stands there."""

import asyncio
import os
import re
import sys
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import nats

from authpulse_chassis.streams import ensure_stream
from authpulse_contract.cloudevents import headers
from authpulse_contract.codec import to_json
from authpulse_contract.events import ConnectionState, RefreshDetail, RefreshFailedRevoked, type_of
from authpulse_contract.subjects import event_subject

README = Path(__file__).parents[2] / "README.md"

DEATH = RefreshFailedRevoked(
    event_id=UUID(int=1),
    connection_id=UUID(int=2),
    connection_kind="api",
    connection_name="crm",
    version=7,
    occurred_at=datetime(2026, 5, 4, 9, 30, tzinfo=UTC),
    actor="system:background-refresh",
    state=ConnectionState(has_oauth=True, needs_reauth=True, token_acquired=False),
    detail=RefreshDetail(idp_error_code="invalid_grant", token_deleted=True),
)


async def test_the_subscriber_of_the_readme_hears_of_a_death(nats_url: str) -> None:
    program = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)[0]
    connection = await nats.connect(nats_url)
    stream = connection.jetstream()
    await ensure_stream(stream)
    subject = event_subject(DEATH.connection_kind, DEATH.connection_name, type_of(DEATH))
    await stream.publish(subject, to_json(DEATH), headers=headers(DEATH))

    environment = {**os.environ, "AUTHPULSE_NATS_URL": nats_url}
    subscriber = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, env=environment, stdout=asyncio.subprocess.PIPE
    )
    assert subscriber.stdout
    try:
        heard = await asyncio.wait_for(subscriber.stdout.readline(), timeout=20)
    finally:
        subscriber.kill()
        await subscriber.wait()
        await connection.close()
    assert heard == b"api/crm is dead: invalid_grant\n"
