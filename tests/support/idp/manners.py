"""How the IdP can be told to treat a POST instead of, or before, answering as it should."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias


@dataclass(frozen=True, kw_only=True)
class Sent:
    """What one POST brought: `secret` however it was carried, `headers` with lower-case names."""

    client_id: str | None
    secret: str | None
    form: dict[str, str]
    headers: dict[str, str]

    @property
    def refresh_token(self) -> str | None:
        return self.form.get("refresh_token")


@dataclass(frozen=True, kw_only=True)
class Answer:
    """This answer, byte for byte. `obey`: the grant is honoured and rotated first, so that the rotation is lost."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    obey: bool = False

    @classmethod
    def error(cls, status: int, code: str | None = None, *, obey: bool = False, **members: object) -> "Answer":
        """An error as in RFC 6749 5.2; without a code an empty HTML page."""
        if code is None:
            return cls(status=status, body=b"<html></html>", headers={"Content-Type": "text/html"}, obey=obey)
        body = json.dumps({"error": code, **members}).encode()
        return cls(status=status, body=body, headers={"Content-Type": "application/json"}, obey=obey)


@dataclass(frozen=True, kw_only=True)
class Raw:
    """These bytes on the wire, head included, then the connection is closed."""

    data: bytes
    obey: bool = False


@dataclass(frozen=True, kw_only=True)
class Hang:
    """No answer until the client gives up."""

    obey: bool = False


@dataclass(frozen=True, kw_only=True)
class Reset:
    """The connection is torn down without an answer."""

    obey: bool = False


@dataclass(frozen=True, kw_only=True)
class Slow:
    """Status 200, then `chunk` every `pause` seconds, `times` times (None: without end)."""

    chunk: bytes
    pause: float = 0.0
    times: int | None = None
    obey: bool = False


@dataclass(frozen=True, kw_only=True)
class Delay:
    """The proper answer, `seconds` late. The grant is honoured at once, before the wait."""

    seconds: float


Manner: TypeAlias = Answer | Raw | Hang | Reset | Slow | Delay
Scripted: TypeAlias = Manner | Callable[[Sent], Manner]
"""A manner, or a function of what was sent, for an IdP that echoes it."""
