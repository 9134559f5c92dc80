"""The headers of what the refresher sends: to an IdP, and with each event."""

import asyncio

import nats

from authpulse_contract.subjects import STREAM
from support.idp import Client, Delay, Manner, Sent
from support.system import System


def note_headers(client: Client, into: list[dict[str, str]]) -> None:
    """Note the headers of each POST, and answer properly."""

    def note(sent: Sent) -> Manner:
        into.append(sent.headers)
        return Delay(seconds=0)

    client.always(note)


def event_headers(system: System) -> list[dict[str, str]]:
    """The headers of all events on the stream."""

    async def read() -> list[dict[str, str]]:
        bus = await nats.connect(system.nats.url)
        try:
            js = bus.jetstream()
            state = (await js.stream_info(STREAM)).state
            got = [await js.get_msg(STREAM, seq) for seq in range(state.first_seq, state.last_seq + 1)]
            return [dict(message.headers or {}) for message in got]
        finally:
            await bus.close()

    return asyncio.run(read())
