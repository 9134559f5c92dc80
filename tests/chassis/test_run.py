"""A service runs until it is asked to stop, and ends as its supervisor expects."""

import asyncio
import os
import signal

import pytest

from authpulse_chassis.run import run
from authpulse_chassis.settings import SettingsError


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_sets_stop_and_what_was_begun_is_finished(number: signal.Signals) -> None:
    finished: list[bool] = []

    async def serve(stop: asyncio.Event) -> None:
        os.kill(os.getpid(), number)
        await stop.wait()
        finished.append(True)

    run("test", serve)
    assert finished == [True]


def test_settings_that_cannot_be_used_end_the_process_with_one_line() -> None:
    async def serve(_stop: asyncio.Event) -> None:
        raise SettingsError("AUTHPULSE_X is not set.")

    with pytest.raises(SystemExit, match=r"^authpulse: AUTHPULSE_X is not set\.$"):
        run("test", serve)
