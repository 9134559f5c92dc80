"""What a vendor's code or sentence stands for, by the data in `idp_quirks.toml`."""

import re
import tomllib
from collections.abc import Iterable
from importlib.resources import files
from typing import Final, Literal

from msgspec import Struct, convert

Refused = Literal["grant", "client", "person", "other"]
"""What is refused for good: the grant, the client, or going on without a person."""

_WORD: Final = re.compile(r"[^\W_]+")
_CAMEL: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")
_SEGMENTS: Final = re.compile(r"[.:/,;]")


class AtHost(Struct, frozen=True, forbid_unknown_fields=True):
    """What codes mean at these hosts and at those below them."""

    hosts: tuple[str, ...]
    terminal: tuple[str, ...] = ()
    passing: tuple[str, ...] = ()


class Numbered(Struct, frozen=True, forbid_unknown_fields=True):
    """Numbers in `member` that refuse the grant, beside `code` and at `hosts` where these are given."""

    member: str
    numbers: tuple[int, ...]
    code: str | None = None
    hosts: tuple[str, ...] = ()


class _Data(Struct, frozen=True, forbid_unknown_fields=True):
    grant_codes: tuple[str, ...]
    client_codes: tuple[str, ...]
    person_codes: tuple[str, ...]
    grant_nouns: tuple[str, ...]
    client_nouns: tuple[str, ...]
    states: tuple[str, ...]
    fillers: tuple[str, ...]
    empty: tuple[str, ...]
    vague: tuple[str, ...]
    no_error: tuple[str, ...]
    at_host: tuple[AtHost, ...]
    numbered: tuple[Numbered, ...]


def squeeze(text: str) -> str:
    """Letters and digits alone, in lower case."""
    return "".join(_WORD.findall(text.casefold()))


def refused_by_code(code: str, host: str | None) -> Refused | None:
    """What `code` refuses for good at `host`; None: nothing, as far as is known."""
    whole = squeeze(code)
    first = code.split(maxsplit=1)[0] if code.strip() else ""
    for known in (whole, *(squeeze(segment) for segment in _SEGMENTS.split(first))):
        if known in _MEANINGS:
            return _MEANINGS[known]
    for rule in _rules_at(host):
        if whole in map(squeeze, rule.terminal):
            return "other"
    return None


def refused_by_sentence(sentence: str) -> bool:
    """Whether the sentence says that the refresh token is of no more use."""
    words = [word for word in map(str.casefold, _WORD.findall(_CAMEL.sub(" ", sentence))) if word not in _FILLERS]
    said = f" {' '.join(words)} "
    return any(f" {phrase} " in said for phrase in _SENTENCES)


def refused_by_number(member: str, number: int, code: str | None, host: str | None) -> bool:
    """Whether `number` in `member`, beside `code`, refuses the grant at `host`."""
    return any(
        rule.member == member
        and number in rule.numbers
        and rule.code in (None, code)
        and (not rule.hosts or _is_below(host, rule.hosts))
        for rule in _DATA.numbered
    )


def is_passing(code: str, host: str | None) -> bool:
    """Whether `code` is known to pass at `host`, although it reads like a refusal."""
    return any(squeeze(code) in map(squeeze, rule.passing) for rule in _rules_at(host))


def is_empty(word: str) -> bool:
    """Whether `word` is no code, although it stands where a code should."""
    return squeeze(word) in _EMPTY


def is_vague(code: str) -> bool:
    """Whether `code` says nothing, so that a sentence beside it is worth reading."""
    return is_empty(code) or squeeze(code) in _VAGUE or code.removeprefix("-").isdecimal()


def is_no_error(value: object) -> bool:
    """Whether an `error` member says that there is none."""
    return not value or (isinstance(value, str) and squeeze(value) in _NO_ERROR)


def _rules_at(host: str | None) -> Iterable[AtHost]:
    return (rule for rule in _DATA.at_host if _is_below(host, rule.hosts))


def _is_below(host: str | None, domains: tuple[str, ...]) -> bool:
    name = "." + (host or "").split(":")[0]
    return any(name.endswith("." + domain) for domain in domains)


def _phrases(nouns: tuple[str, ...], states: tuple[str, ...]) -> set[str]:
    return {phrase for noun in nouns for state in states for phrase in (f"{noun} {state}", f"{state} {noun}")}


def _read() -> _Data:
    return convert(tomllib.loads(files(__package__).joinpath("idp_quirks.toml").read_text("utf-8")), _Data)


_DATA: Final = _read()
_SENTENCES: Final = _phrases(_DATA.grant_nouns, _DATA.states)
_MEANINGS: Final[dict[str, Refused]] = {
    **dict.fromkeys(map(squeeze, _DATA.person_codes), "person"),
    **dict.fromkeys(map(squeeze, (*_DATA.client_codes, *_phrases(_DATA.client_nouns, _DATA.states))), "client"),
    **dict.fromkeys(map(squeeze, (*_DATA.grant_codes, *_SENTENCES)), "grant"),
}
_FILLERS: Final = frozenset(_DATA.fillers)
_EMPTY: Final = frozenset(map(squeeze, _DATA.empty))
_VAGUE: Final = frozenset(map(squeeze, _DATA.vague))
_NO_ERROR: Final = frozenset(map(squeeze, _DATA.no_error))
