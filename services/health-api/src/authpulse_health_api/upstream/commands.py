"""Forwards commands to the refresher over NATS and turns its refusals into problems."""

import asyncio
import logging
from typing import Any, Final

import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from opentelemetry.trace import SpanKind

from authpulse_chassis.bus import Access, connecting
from authpulse_chassis.tracing import carried, span
from authpulse_contract.codec import from_json, to_json
from authpulse_contract.commands import Refused, Slug
from authpulse_contract.subjects import command_subject
from authpulse_contract.trace import trace_headers
from authpulse_health_api import problems
from authpulse_health_api.problems import Fault, Problem

PATIENCE: Final = 10.0
"""Seconds for a command that asks no IdP, or only for its metadata."""
IDP_PATIENCE: Final = 60.0
"""Seconds for a command that waits for an IdP: its deadline and the time to store what it gave."""
_NATS_PATIENCE: Final = 1.0
_NOBODY: Final = "nobody"
"""A verb that nobody answers, so that NATS itself does."""
_RETRY_AFTER: Final = {"Retry-After": "5"}
_SEND: Final = {"messaging.system": "nats", "messaging.operation.type": "send", "messaging.operation.name": "request"}
_SLUGS: Final[dict[Slug, problems.Slug]] = {
    "unknown_connection": problems.Slug.UNKNOWN_CONNECTION,
    "not_oauth": problems.Slug.NOT_OAUTH,
    "invalid": problems.Slug.INVALID,
    "conflict": problems.Slug.CONFLICT,
    "unavailable": problems.Slug.NO_REFRESHER,
}

_log = logging.getLogger(__name__)


class Commands:
    """A connection to NATS for commands alone."""

    def __init__(self, access: Access) -> None:
        self._access, self._client = access, Client()

    async def run(self) -> None:
        """Stay connected, until cancelled; waits for NATS for as long as it takes."""
        try:
            await self._client.connect(
                name="authpulse-health-api-commands",
                max_reconnect_attempts=-1,
                reconnect_time_wait=1,
                error_cb=_note,
                **connecting(self._access, "health-api"),
            )
            await asyncio.Event().wait()
        finally:
            await self._client.close()

    async def ask(self, verb: str, command: object, reply: Any, *, patience: float = PATIENCE) -> Any:
        """The reply, one of the union `reply`. Raises `Problem`: it is a refusal, or there is nobody to answer."""
        if not self._client.is_connected:
            raise _nobody("NATS is out of reach.")
        try:
            answer = await self._sent(command_subject(verb), to_json(command), patience)
        except nats.errors.NoRespondersError:
            raise _nobody("No refresher is running.") from None
        except (nats.errors.Error, TimeoutError) as failure:
            _log.warning("%s was not answered: %s", verb, type(failure).__name__)
            raise _nobody("The refresher has not answered in time; what was asked may yet be done.") from None
        found = from_json(answer.data, reply)
        if isinstance(found, Refused):
            raise _refusal(found)
        return found

    async def try_to_ask(self, verb: str, command: object, reply: Any, *, patience: float) -> Any:
        """The reply, be it a refusal; None: nobody answered. Neither traced nor logged: it is asked every second."""
        if not self._client.is_connected:
            return None
        try:
            answer = await self._client.request(command_subject(verb), to_json(command), timeout=patience)
        except (nats.errors.Error, TimeoutError):
            return None
        return from_json(answer.data, reply)

    async def reach_nats(self) -> bool:
        """Whether NATS answers: one that stands still stays connected for minutes."""
        if not self._client.is_connected:
            return False
        try:
            # Not `flush`: after one that was given up, nats-py no longer reads what comes.
            await self._client.request(command_subject(_NOBODY), b"", timeout=_NATS_PATIENCE)
        except nats.errors.NoRespondersError:
            return True
        except (nats.errors.Error, TimeoutError):
            return False
        return True

    async def _sent(self, subject: str, body: bytes, patience: float) -> Msg:
        with span(f"send {subject}", SpanKind.PRODUCER, attributes={**_SEND, "messaging.destination.name": subject}):
            headers = trace_headers(carried()) or None
            return await self._client.request(subject, body, timeout=patience, headers=headers)


def _nobody(detail: str) -> Problem:
    return Problem(problems.Slug.NO_REFRESHER, detail, headers=_RETRY_AFTER)


def _refusal(refused: Refused) -> Problem:
    slug = _SLUGS[refused.slug]
    headers = _RETRY_AFTER if slug is problems.Slug.NO_REFRESHER else None
    if refused.member is None:
        return Problem(slug, refused.detail, headers=headers)
    fault = Fault(member=refused.member, source="body", detail=refused.detail)
    return Problem(slug, f"{refused.member} {refused.detail}", faults=[fault], headers=headers)


async def _note(failure: Exception) -> None:
    _log.debug("NATS: %s", type(failure).__name__)
