"""Says in plain words why a connection is in trouble, and what to do next. Pure; the words are in explanations.toml."""

import tomllib
from importlib.resources import files
from typing import Final, Literal

from msgspec import Struct

from authpulse_contract.codec import from_builtins
from authpulse_contract.events import ConnectFailed, Event, RefreshDetail, RefreshFailedRevoked, RefreshFailedTransient

About = Literal["client", "host", "grant"]


class Words(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One entry of explanations.toml, as that file says."""

    about: About
    title: str
    explanation: str
    next_step: str
    also: tuple[str, ...] = ()


class Why(Struct, frozen=True, kw_only=True):
    """A cause by name, what it is about, and its words with everything filled in. `title` is for several at once."""

    cause: str
    about: About
    title: str
    explanation: str
    next_step: str


_TEXT: Final = (files(__package__) / "explanations.toml").read_text(encoding="utf-8")
WORDS: Final = from_builtins(tomllib.loads(_TEXT), dict[str, Words])
_CAUSES: Final = {name: cause for cause, words in WORDS.items() for name in (cause, *words.also)}
_HUNDRED: Final = 100
_CODE_SHOWN: Final = 60
"""Characters of a code in a sentence. Real ones are shorter; a longer one stands whole where the code is shown."""


def explain(event: Event) -> Why | None:
    """Why the connection is as its newest `event` leaves it; None where nothing is wrong."""
    cause, code = _cause(event)
    if cause is None:
        return None
    words = WORDS[cause]
    status = event.detail.http_status if isinstance(event.detail, RefreshDetail) else None
    told = {"idp": event.idp_host or "the IdP", "code": _in_a_sentence(code), "status": status or "unknown"}
    return Why(
        cause=cause,
        about=words.about,
        title=words.title.format(**told),
        explanation=words.explanation.format(**told),
        next_step=words.next_step.format(**told),
    )


def _in_a_sentence(code: str | None) -> str:
    if not code:
        return "none"
    return code if len(code) <= _CODE_SHOWN else f"{code[: _CODE_SHOWN - 1]}…"


def _cause(event: Event) -> tuple[str | None, str | None]:
    """The name of the entry, and the IdP's code."""
    state = event.state
    if not state.has_oauth:
        return None, None
    if not state.configured:
        return "unreadable_configuration", None
    if state.needs_reauth:
        return _lost(event)
    match event:
        case RefreshFailedTransient():
            return _passing(event.detail), event.detail.idp_error_code
        case ConnectFailed():
            return "connect_failed", event.detail.idp_error_code
        case _:
            return None, None


def _lost(event: Event) -> tuple[str, str | None]:
    """Why there is no usable grant: by the newest event, else by what it remembers of the last loss."""
    if isinstance(event, RefreshFailedRevoked) and event.detail.cause in WORDS:
        return str(event.detail.cause), event.detail.idp_error_code
    lost = event.state.last_revocation
    if lost is None:
        return ("not_yet_issued" if event.state.grant == "client_credentials" else "never_connected"), None
    return _named(lost.reason) or "refused", lost.reason


def _passing(detail: RefreshDetail) -> str:
    status = f"http_{detail.http_status}", f"http_{(detail.http_status or 0) // _HUNDRED}xx"
    named = (_named(name) for name in (detail.idp_error_code, detail.cause, *status) if name)
    found = next((cause for cause in named if cause), None)
    if found:
        return found
    if detail.outcome == "unknown":
        return "no_answer"
    return "failing_with_code" if detail.idp_error_code else "failing"


def _named(name: str) -> str | None:
    """The entry for a code or cause, letter case aside."""
    return _CAUSES.get(name.lower())
