"""Asks an IdP under a lease, and has what comes in the journal before anything else is done with it.

An answer that is lost on its way is asked for once more where the IdP is known to take the spent token for a while. The
vault is not needed for that: it may be away itself, and a grace lasts seconds.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

from msgspec import Struct, structs

from authpulse_contract.hosts import idp_host
from authpulse_refresher.decision.conclude import host_of
from authpulse_refresher.decision.traits import Known, traits_of
from authpulse_refresher.decision.unknown import in_grace, may_repeat
from authpulse_refresher.model import Answer, Issued, NoAnswer, Tokens
from authpulse_refresher.provider.idp import ask, send
from authpulse_refresher.provider.token_request import refresh_request
from authpulse_refresher.provider.wire import Wires
from authpulse_refresher.refreshing.judge import Asked
from authpulse_refresher.refreshing.settle import named
from authpulse_refresher.spill.enduring import note
from authpulse_refresher.spill.journal import Answered, Journal, Sent
from authpulse_refresher.storage.lease import Lease, awake_clock
from authpulse_refresher.verdict.classify import classify


class Asking(Struct, frozen=True, kw_only=True):
    """`deadline`: seconds for the IdP's whole answer, each time that it is asked."""

    wires: Wires
    traits: Known
    deadline: float
    journal: Journal | None

    async def ask(self, asked: Asked) -> tuple[Answer | NoAnswer, int]:
        """The answer, and how long it took in milliseconds; `TOO_LATE` if the lease might end before it comes."""
        lease, connection = asked.lease, asked.connection
        sent = self._repeatable(asked)
        if self.journal:
            self.journal.begun(lease.attempt_id, lease.connection_id, sent)
        answer, duration_ms = await ask(
            self.wires, connection, deadline=self.deadline, may_go=lambda: self._fits(lease)
        )
        if sent and isinstance(answer, NoAnswer) and answer.sent:
            answer, duration_ms = await self._again(sent, lambda: self._fits(lease)) or (answer, duration_ms)
        if isinstance(answer, Answer):
            answered = _answered(connection.connection_id, connection.generation, asked.actor, answer, duration_ms)
            note(self.journal, lease.attempt_id, answered, named(connection))
        return answer, duration_ms

    async def ask_for_the_dead(self, attempt_id: UUID, sent: Sent) -> Answered | None:
        """The tokens that a dead refresher was about to hear of, asked for under its lease; None: there are none."""
        if self.journal:
            self.journal.begun(attempt_id, sent.connection_id, sent)
        span = timedelta(seconds=self.deadline)
        came = await self._again(sent, lambda: datetime.now(UTC) + span <= sent.lease_ends)
        if came is None:
            if self.journal:
                self.journal.settled([attempt_id])
            return None
        answered = _answered(sent.connection_id, sent.generation, sent.actor, *came)
        note(self.journal, attempt_id, answered, {"connection_id": str(sent.connection_id)})
        return answered

    async def _again(self, sent: Sent, fits: Callable[[], bool]) -> tuple[Answer, int] | None:
        """An answer that issues tokens; any other tells nothing, because the first request may be the reason for it."""
        host = idp_host(sent.oauth.token_url)
        traits = traits_of(host, self.traits)

        def may_go() -> bool:
            return in_grace(traits, since=sent.at, now=datetime.now(UTC)) and fits()

        if not may_go():
            return None
        tokens = Tokens(refresh_token=sent.refresh_token)
        answer, duration_ms = await send(
            self.wires,
            lambda: refresh_request(sent.oauth, sent.client_secret, tokens),
            sent.oauth,
            deadline=self.deadline,
            may_go=may_go,
        )
        if not isinstance(answer, Answer):
            return None
        verdict = classify(answer, idp_host=host, terminal_codes=sent.oauth.terminal_codes, now=datetime.now(UTC))
        return (structs.replace(answer, repeated=True), duration_ms) if isinstance(verdict, Issued) else None

    def _repeatable(self, asked: Asked) -> Sent | None:
        connection = asked.connection
        oauth, tokens = connection.oauth, connection.tokens
        if not may_repeat(connection, traits_of(host_of(connection), self.traits)):
            return None
        if oauth is None or tokens is None or tokens.refresh_token is None:
            return None
        now = datetime.now(UTC)
        return Sent(
            connection_id=connection.connection_id,
            generation=connection.generation,
            actor=asked.actor,
            at=now,
            lease_ends=now + timedelta(seconds=asked.lease.ends_at - awake_clock()),
            oauth=oauth,
            client_secret=connection.client_secret,
            refresh_token=tokens.refresh_token,
        )

    def _fits(self, lease: Lease) -> bool:
        """Whether the IdP's whole deadline lies within the lease: this process may have been paused since it began."""
        return awake_clock() + self.deadline <= lease.ends_at


def _answered(connection_id: UUID, generation: int, actor: str, answer: Answer, duration_ms: int) -> Answered:
    return Answered(
        connection_id=connection_id,
        generation=generation,
        actor=actor,
        at=datetime.now(UTC),
        duration_ms=duration_ms,
        answer=answer,
    )
