"""A service that calls an upstream API with the token of a connection: `python call_upstream.py api crm URL`."""

import asyncio
import os
import sys

import httpx
import nats

from authpulse_contract.commands import NeedsReauth, Refused, TryLater
from authpulse_contract.tokens import AccessToken, get_token


async def call(kind: str, name: str, url: str) -> str:
    """The body of `url`, or a line that says why there is no token."""
    bus = await nats.connect(
        os.environ.get("AUTHPULSE_NATS_URL", "nats://127.0.0.1:4222"), inbox_prefix="auth.inbox.token-client"
    )
    try:
        reply = await get_token(bus, kind, name)
    finally:
        await bus.close()
    match reply:
        case AccessToken(access_token=token):
            async with httpx.AsyncClient() as client:
                answer = await client.get(url, headers={"Authorization": f"Bearer {token.reveal()}"})
            return answer.text
        case NeedsReauth(idp_error_code=code):
            return f"somebody must sign in again for {kind}/{name} ({code})"
        case TryLater(retry_after=seconds):
            return f"the identity provider cannot be asked now; try again in {seconds} s"
        case Refused(detail=why):
            return why


if __name__ == "__main__":
    sys.stdout.write(asyncio.run(call(*sys.argv[1:4])) + "\n")
