"""How often somebody may fail to prove who they are. Pure: the time is an argument, in seconds."""

from collections import OrderedDict
from typing import Final

from msgspec import Struct

_ADDRESSES: Final = 10_000
"""Addresses remembered; whoever has that many is held back by the limit for all together."""
_TOGETHER: Final = 20
"""Failures of all addresses together, as a multiple of one address's."""
_MINUTE: Final = 60.0


class Bucket(Struct):
    """`left` failures at `since`; they come back evenly, the whole allowance in a minute."""

    left: float
    since: float


class Attempts:
    """A token bucket for each address, and one for all together.

    When all together have failed too often, only addresses that succeeded before are listened to: many machines that
    guess do not lock out those who need not.
    """

    def __init__(self, a_minute: int) -> None:
        self._a_minute = a_minute
        self._addresses: OrderedDict[str, Bucket] = OrderedDict()
        self._trusted: OrderedDict[str, None] = OrderedDict()
        self._together = Bucket(a_minute * _TOGETHER, 0.0)

    def wait(self, address: str, now: float) -> float:
        """Seconds until `address` may try again; 0: at once."""
        wait = _wait(self._addresses.get(address), self._a_minute, now)
        if address not in self._trusted:
            wait = max(wait, _wait(self._together, self._a_minute * _TOGETHER, now))
        return wait

    def failed(self, address: str, now: float) -> None:
        """Count a failure of `address`."""
        bucket = self._addresses.pop(address, None) or Bucket(self._a_minute, now)
        self._addresses[address] = _less(bucket, self._a_minute, now)
        self._together = _less(self._together, self._a_minute * _TOGETHER, now)
        if len(self._addresses) > _ADDRESSES:
            self._addresses.popitem(last=False)

    def succeeded(self, address: str) -> None:
        """Remember that `address` is somebody's who knows."""
        self._trusted[address] = None
        self._trusted.move_to_end(address)
        if len(self._trusted) > _ADDRESSES:
            self._trusted.popitem(last=False)


def _left(bucket: Bucket, a_minute: int, now: float) -> float:
    return min(a_minute, bucket.left + (now - bucket.since) * a_minute / _MINUTE)


def _less(bucket: Bucket, a_minute: int, now: float) -> Bucket:
    return Bucket(max(0.0, _left(bucket, a_minute, now) - 1), now)


def _wait(bucket: Bucket | None, a_minute: int, now: float) -> float:
    left = _left(bucket, a_minute, now) if bucket else 1
    return max(0.0, (1 - left) * _MINUTE / a_minute)
