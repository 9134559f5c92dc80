"""What can be asked of the refresher over NATS request/reply; every reply is a value, an error too."""

from typing import Final, Literal
from uuid import UUID

from msgspec import Struct

from authpulse_contract.connections import Declaration, DeclaredBy

REGISTER: Final = "register"
REMOVE: Final = "remove"
LIST: Final = "list"
REFRESH: Final = "refresh"
FORGET: Final = "forget"
RESEAL: Final = "reseal"
PROGRESS: Final = "progress"

Slug = Literal["unknown_connection", "not_oauth", "invalid", "conflict", "unavailable"]


class Register(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Make the connection be as declared, whether it is known or not. `dry_run`: only say what would change."""

    declaration: Declaration
    declared_by: DeclaredBy
    actor: str
    dry_run: bool = False


class Remove(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Forget the connection and its tokens; its history stays."""

    kind: str
    name: str
    actor: str
    declared_by: DeclaredBy
    dry_run: bool = False


class ListConnections(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A page of what is registered, ordered by kind and name, from after (`after_kind`, `after_name`)."""

    after_kind: str = ""
    after_name: str = ""
    limit: int = 1000


class RefreshNow(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Refresh without waiting for the due time."""

    kind: str
    name: str
    actor: str


class ForgetToken(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Delete the stored tokens; revoke them at the IdP where it can."""

    kind: str
    name: str
    actor: str


class Reseal(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Seal anew what is not under the active key, of at most `limit` connections with an id above `after`.

    `key`: the active key that the caller has seen; a refresher with another one refuses.
    """

    after: UUID | None = None
    key: str | None = None
    limit: int = 500


class AskProgress(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Is a refresher there, and how far is it with telling what has happened?"""


class Done(Struct, frozen=True, kw_only=True, tag="done", omit_defaults=True):
    """The command took effect (or, on a dry run, would). `changed` names members, never values."""

    action: Literal["created", "changed", "unchanged", "removed", "refreshed", "forgotten"]
    changed: tuple[str, ...] = ()
    tokens_forgotten: bool = False
    version: int | None = None


class Refused(Struct, frozen=True, kw_only=True, tag="refused", omit_defaults=True):
    """The command did nothing; `detail` says why and what to do, `member` which member is at fault."""

    slug: Slug
    detail: str
    member: str | None = None


class NeedsReauth(Struct, frozen=True, kw_only=True, tag="needs_reauth", omit_defaults=True):
    """There is no usable grant; somebody has to sign in at the IdP again."""

    idp_error_code: str | None = None


class TryLater(Struct, frozen=True, kw_only=True, tag="try_later", omit_defaults=True):
    """The IdP could not be asked or did not answer usefully; the refresher goes on trying.

    `retry_after`: seconds until it does.
    """

    idp_error_code: str | None = None
    http_status: int | None = None
    retry_after: float | None = None


class Listed(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One connection of a page."""

    kind: str
    name: str
    declared_by: DeclaredBy


class ConnectionPage(Struct, frozen=True, kw_only=True, tag="page", omit_defaults=True):
    """A page of connections; the last one is shorter than the limit."""

    connections: tuple[Listed, ...]


class Resealed(Struct, frozen=True, kw_only=True, tag="resealed", omit_defaults=True):
    """So many values are now under the active `key` that were not. `after`: where to go on; None: that was the end.

    At the end, `left` counts the values that still are under each other key ("": not a sealed value), and
    `unknown_keys` names those among these keys that the refresher does not have.
    """

    key: str
    resealed: int
    after: UUID | None = None
    left: dict[str, int] = {}
    unknown_keys: tuple[str, ...] = ()


class Progress(Struct, frozen=True, kw_only=True, tag="progress", omit_defaults=True):
    """What had happened `waiting` seconds ago is on the stream, all of it; 0: whatever has happened."""

    waiting: float = 0.0


Reply = Done | Refused | NeedsReauth | TryLater | ConnectionPage | Resealed | Progress
