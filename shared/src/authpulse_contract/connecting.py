"""What is asked of the refresher while somebody signs in at an IdP; secrets travel inwards only, but for `state`."""

from typing import Final, Literal

from msgspec import Struct

from authpulse_contract.commands import Refused
from authpulse_contract.events import ConnectionState, Moment
from authpulse_contract.secret import Secret

START: Final = "connect_start"
START_BY_LINK: Final = "connect_start_by_link"
COMPLETE: Final = "connect_complete"
MAKE_LINK: Final = "link_make"
FIND_LINK: Final = "link_find"
STATUS: Final = "status"

SignInFault = Literal[
    "unknown_state",
    "used_state",
    "expired_state",
    "other_browser",
    "connection_changed",
    "wrong_issuer",
    "idp_refused",
    "no_code",
    "code_refused",
    "no_answer",
    "interrupted",
    "bad_id_token",
    "other_account",
    "not_stored",
]
"""Why a sign-in gave no tokens; also `detail.cause` of `connect_failed`."""


class StartSignIn(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Begin a sign-in. `browser` is a random value that the browser shows again at the end.

    `return_to` is a local path. `other_account`: whoever signs in may be somebody else than before.
    """

    kind: str
    name: str
    actor: str
    browser: Secret
    redirect_uri: str
    return_to: str
    other_account: bool = False


class StartByLink(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Begin a sign-in on the strength of a link; an earlier one that it began can no longer be completed."""

    link: Secret
    browser: Secret
    redirect_uri: str


class CompleteSignIn(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the IdP sent the browser back with (RFC 6749 4.1.2, RFC 9207), and what that browser showed."""

    state: Secret
    browser: Secret | None = None
    code: Secret | None = None
    error: str | None = None
    iss: str | None = None


class MakeLink(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Make a link that lets whoever has it sign in for this connection, once, for `valid_for` seconds."""

    kind: str
    name: str
    actor: str
    valid_for: float = 86_400.0


class FindLink(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is this link for?"""

    link: Secret


class StatusOf(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How does the connection stand, ahead of what the ledger may know?"""

    kind: str
    name: str


class SignInStarted(Struct, frozen=True, kw_only=True, tag="sign_in_started", omit_defaults=True):
    """Send the browser to `authorization_url`; `state` is in it."""

    authorization_url: str
    state: Secret
    redirect_uri: str
    expires_at: Moment


class SignedIn(Struct, frozen=True, kw_only=True, tag="signed_in", omit_defaults=True):
    """The tokens are stored. `return_to` empty: whoever signed in has no business here beyond that."""

    kind: str
    name: str
    return_to: str
    version: int


class SignInRefused(Struct, frozen=True, kw_only=True, tag="sign_in_refused", omit_defaults=True):
    """No tokens were stored; a grant that was there before is untouched. Kind and name where the state is known."""

    fault: SignInFault
    kind: str | None = None
    name: str | None = None
    return_to: str = ""
    idp_error_code: str | None = None


class LinkMade(Struct, frozen=True, kw_only=True, tag="link_made", omit_defaults=True):
    """The link; only its hash is kept."""

    link: Secret
    expires_at: Moment


class LinkFound(Struct, frozen=True, kw_only=True, tag="link_found", omit_defaults=True):
    """What the link is for."""

    kind: str
    name: str
    expires_at: Moment
    idp_host: str | None = None


class Status(Struct, frozen=True, kw_only=True, tag="status", omit_defaults=True):
    """The connection as its newest event leaves it."""

    state: ConnectionState
    version: int
    idp_host: str | None = None


ConnectReply = SignInStarted | SignedIn | SignInRefused | LinkMade | LinkFound | Status | Refused
