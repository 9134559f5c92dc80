"""Runs programs together: started at once, awaited together, stopped together."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from msgspec import Struct

from authpulse_cli.embedded.kept import write_private
from authpulse_cli.embedded.program import Program
from authpulse_cli.embedded.supervised import Supervised
from authpulse_cli.instance import Instance, instance_file, instance_json

START_LIMIT: Final = 90.0
"""Seconds for a program to become ready: a slow machine recovering a large database needs some."""


class Crew(Struct):
    """What all programs of an instance share; `instance` is kept on disk with the ids of those that run."""

    data: Path
    logs: Path
    instance: Instance
    say: Callable[[str], None]

    @asynccontextmanager
    async def running(self, *programs: Program) -> AsyncIterator[None]:
        """Inside, all of `programs` are ready and kept so. Raises `CommandError` if one does not start."""
        crew = [self._supervise(program) for program in programs]
        try:
            await self._all_ready(crew)
            yield
        finally:
            await asyncio.gather(*(one.stop() for one in crew))

    async def _all_ready(self, crew: list[Supervised]) -> None:
        try:
            async with asyncio.TaskGroup() as waiting:
                for one in crew:
                    waiting.create_task(self._announce(one))
        except ExceptionGroup as failures:
            # The first one ended the wait for the others.
            raise failures.exceptions[0] from None

    def _supervise(self, program: Program) -> Supervised:
        def started(pid: int) -> None:
            self.instance.pids[program.name] = pid
            # The next `up` finds in it what this one leaves behind when it is killed.
            write_private(instance_file(self.data), instance_json(self.instance))

        return Supervised(program, self.logs, self.say, started)

    async def _announce(self, one: Supervised) -> None:
        began = time.monotonic()
        await one.ready(START_LIMIT)
        self.say(f"{one.program.name} ready after {time.monotonic() - began:.1f} s")
