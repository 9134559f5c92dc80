"""A string that must not be seen: every way of showing it gives three asterisks."""

from typing import Final

_MASK: Final = "***"


class Secret:
    """Holds a token, a client secret or a verifier.

    `repr`, `str` and formatting give `***`; only `reveal()` gives the value, so that a search for `reveal` finds
    every place where one leaves its box. Compared by value, never ordered, never empty-tested by accident.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The secret itself."""
        return self._value

    def __repr__(self) -> str:
        return _MASK

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return _MASK

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._value == other._value

    def __hash__(self) -> int:
        return hash((Secret, self._value))
