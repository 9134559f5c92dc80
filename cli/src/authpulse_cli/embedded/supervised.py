"""Keeps one program running: starts it, starts it again with back-off when it dies, stops it when asked."""

import asyncio
import os
import signal
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Final

from authpulse_cli.embedded.program import Program, command_line
from authpulse_cli.errors import CommandError

FIRST_PAUSE: Final = 0.2
LONGEST_PAUSE: Final = 10.0
STEADY: Final = 30.0
"""Seconds alive after which the next death is a new trouble and not the same one."""
PATIENCE: Final = 15.0
"""Seconds that a program gets to finish what it has begun before it is killed."""
HOPELESS: Final = 3
"""Deaths before it was ever ready after which a program is not going to start."""
LOG_LIMIT: Final = 10_000_000
"""Bytes of log after which a start moves it aside, to NAME.log.1."""


class Supervised:
    """One program under supervision.

    `say` is told, in a line, what the operator should know; `started` gets the process id at each start.
    """

    def __init__(
        self, program: Program, logs: Path, say: Callable[[str], None], started: Callable[[int], None]
    ) -> None:
        self.program = program
        self.log = logs / f"{program.name}.log"
        self._say, self._started = say, started
        self._stopping = asyncio.Event()
        self._deaths = 0
        self._task = asyncio.create_task(self._run(), name=program.name)

    async def ready(self, seconds: float) -> None:
        """Return once the program is ready. Raises `CommandError` after `seconds` or when it keeps dying."""
        deadline = time.monotonic() + seconds
        while not await asyncio.to_thread(self.program.ready):
            if self._task.done():
                await self._task
            if self._deaths >= HOPELESS or time.monotonic() > deadline:
                raise CommandError(f"{self.program.name} does not start. The end of {self.log}:\n{_tail(self.log)}")
            await asyncio.sleep(0.05)

    async def stop(self) -> None:
        """End the program: its stop signal, and SIGKILL if that does not help within `PATIENCE`."""
        self._stopping.set()
        await self._task

    async def _run(self) -> None:
        pause = FIRST_PAUSE
        while not self._stopping.is_set():
            began = time.monotonic()
            end = await self._live_once()
            if self._stopping.is_set():
                return
            self._deaths += 1
            pause = FIRST_PAUSE if time.monotonic() - began > STEADY else pause
            self._say(f"{self.program.name} {end}; starting it again in {pause:g} s (log: {self.log})")
            await _first(self._stopping.wait(), asyncio.sleep(pause))
            pause = min(2 * pause, LONGEST_PAUSE)

    async def _live_once(self) -> str:
        """Start the program and wait until it ends, by itself or because it is told to; returns what became of it."""
        try:
            process = await self._start()
        except OSError as failure:
            return f"cannot be started ({failure})"
        self._started(process.pid)
        await _first(process.wait(), self._stopping.wait())
        if process.returncode is None:
            process.send_signal(self.program.stop_signal)
            await _first(process.wait(), asyncio.sleep(PATIENCE))
        if process.returncode is None:
            process.kill()
        return _died(await process.wait())

    async def _start(self) -> asyncio.subprocess.Process:
        _make_room(self.log)
        with os.fdopen(os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as log:
            return await asyncio.create_subprocess_exec(
                *command_line(self.program),
                env=self.program.environ,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # Ctrl-C in the terminal must reach `up` alone, which stops its children in order.
                start_new_session=True,
            )


async def _first(*work: Coroutine[None, None, object]) -> None:
    tasks = [asyncio.create_task(each) for each in work]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _died(status: int) -> str:
    return f"was killed by {signal.Signals(-status).name}" if status < 0 else f"ended with status {status}"


def _make_room(log: Path) -> None:
    if log.exists() and log.stat().st_size > LOG_LIMIT:
        log.replace(log.with_name(f"{log.name}.1"))


def _tail(log: Path, lines: int = 12) -> str:
    text = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
    return "\n".join(f"  {line}" for line in text.splitlines()[-lines:]) or "  (empty)"
