"""The budgets of all hosts that this process has to do with at the moment."""

import logging
import random
import time

from authpulse_refresher.metrics import left_alone
from authpulse_refresher.model import Answer, NoAnswer
from authpulse_refresher.provider.budget import Budget, Limits, begun, ended, hear, heard, is_idle, room

_log = logging.getLogger(__name__)


class Hosts:
    """A budget for each host; one that says nothing more is forgotten."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._budgets: dict[str, Budget] = {}

    def rooms(self) -> dict[str, int]:
        """How many may begin at each host that is not a stranger; at a stranger, `limits.at_once`."""
        now = time.monotonic()
        for host in [host for host, budget in self._budgets.items() if is_idle(budget, self.limits, now)]:
            if self._budgets.pop(host).pause:
                left_alone(host, down=False)
        return {host: room(budget, self.limits, now) for host, budget in self._budgets.items()}

    def begin(self, host: str) -> None:
        """A refresh at `host` begins."""
        self._budgets[host] = begun(self._budgets.get(host, Budget()), self.limits, time.monotonic())

    def end(self, host: str) -> None:
        """It is over, whatever came of it."""
        self._budgets[host] = ended(self._budgets[host])

    def hear(self, host: str, answer: Answer | NoAnswer) -> None:
        """The host has answered, or has not."""
        if (said := hear(answer)) is None:
            return
        before = self._budgets[host]
        after = heard(before, said, time.monotonic(), random.random())  # noqa: S311 -- spreads load
        self._budgets[host] = after
        if bool(before.pause) != bool(after.pause):
            left_alone(host, down=bool(after.pause))
            _log.warning("%s is %s", host, "down: one probe at a time" if after.pause else "back")
