"""Everything that is published on a bus while somebody listens, and what one user of it may hear of that."""

import asyncio
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nats
from nats.aio.msg import Msg

_DEPLOYED = Path(__file__).resolve().parents[2] / "deploy/nats/permissions.conf"


class Overheard:
    """The messages so far, each as its subject and everything else that was sent with it."""

    def __init__(self) -> None:
        self.messages: list[tuple[str, bytes]] = []

    async def note(self, message: Msg) -> None:
        headers = "".join(f"{name}: {value}\n" for name, value in (message.headers or {}).items())
        self.messages.append(
            (message.subject, f"{message.subject} {message.reply}\n{headers}\n".encode() + message.data)
        )

    def below(self, *subjects: str) -> bytes:
        """What was sent to these, wildcards as in NATS."""
        return b"\n".join(content for subject, content in self.messages if _is_below(subject, subjects))

    def beside(self, *subjects: str) -> bytes:
        """What was sent to any others."""
        return b"\n".join(content for subject, content in self.messages if not _is_below(subject, subjects))


def _is_below(subject: str, wanted: tuple[str, ...]) -> bool:
    patterns = (re.escape(one).replace(r"\*", "[^.]+").replace(">", ".+") for one in wanted)
    return any(re.fullmatch(pattern, subject) for pattern in patterns)


def may_hear(user: str) -> list[str]:
    """The subjects that `user` may subscribe to, as deployed."""
    block = _DEPLOYED.read_text().partition(f"{user.replace('-', '_')}_may: ")[2]
    found = re.search(r"subscribe: \{ allow: \[([^]]*)\]", block)
    assert found
    return re.findall(r'"([^"]+)"', found[1])


@contextmanager
def overhearing(url: str) -> Iterator[Overheard]:
    """Listens to all subjects until left."""
    heard, loop, listening = Overheard(), asyncio.new_event_loop(), threading.Event()
    over = asyncio.Event()

    async def listen() -> None:
        bus = await nats.connect(url, allow_reconnect=False)
        await bus.subscribe(">", cb=heard.note)
        await bus.flush()
        listening.set()
        await over.wait()
        await bus.drain()

    thread = threading.Thread(target=lambda: loop.run_until_complete(listen()), name="overhearing")
    thread.start()
    try:
        assert listening.wait(10)
        yield heard
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join()
        loop.close()
