"""Durations as people write them: `90s`, `1h30m`, `60d`."""

import re
from typing import Final

_UNITS: Final = {"w": 604800.0, "d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0}
_PART: Final = re.compile(r"(\d+(?:\.\d+)?)([wdhms])", re.ASCII)
_WHOLE: Final = re.compile(rf"(?:{_PART.pattern})+", re.ASCII)


def seconds(text: object) -> float:
    """The seconds that `text` stands for. Raises `ValueError`, saying how a duration is written."""
    if not isinstance(text, str) or not _WHOLE.fullmatch(text):
        raise ValueError(f'{text!r} is not a duration. Write a number and w, d, h, m or s in quotes, such as "1h30m".')
    return sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(text))
