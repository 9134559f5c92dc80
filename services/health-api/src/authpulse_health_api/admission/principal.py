"""Who asks, and what they may do."""

from typing import Literal

from msgspec import Struct

Role = Literal["viewer", "admin"]
"""A viewer may look; an admin may also command."""


class Principal(Struct, frozen=True, kw_only=True):
    """Somebody who has proved who they are. `name` is the actor of their commands, as it stands in events and logs.

    `expires_at` (Unix seconds): when the proof runs out; None: when the process is given another one.
    """

    name: str
    role: Role
    expires_at: float | None = None

    @property
    def may_command(self) -> bool:
        return self.role == "admin"
