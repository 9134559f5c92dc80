"""From an IdP's answer, or the lack of one, to a verdict (semantics 1). Never raises, whatever the bytes."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from msgspec import structs

from authpulse_contract.sanitise import sanitise
from authpulse_contract.secret import Secret
from authpulse_refresher.model import Answer, Issued, NoAnswer, Terminal, Transient, Verdict
from authpulse_refresher.verdict.issued import read_issued
from authpulse_refresher.verdict.lifetimes import retry_after
from authpulse_refresher.verdict.quirks import (
    Refused,
    is_passing,
    refused_by_code,
    refused_by_number,
    refused_by_sentence,
)
from authpulse_refresher.verdict.read import read_members
from authpulse_refresher.verdict.refusal import Refusal, read_refusal, states_error

_ANSWERED: Final = range(200, 300)
_JUDGED: Final = frozenset({*_ANSWERED, *range(400, 500)})
_JUDGED_BY_CODE: Final = frozenset({*_ANSWERED, 400, 403})
_PASSING_STATUSES: Final = frozenset({408, 425, 429})
_PASSING_CODES: Final = frozenset({"server_error", "temporarily_unavailable"})
_REDIRECTION: Final = 300
_UNAUTHORIZED: Final = 401
_SERVER_ERROR: Final = 500


def classify(
    answer: Answer | NoAnswer,
    *,
    idp_host: str | None,
    terminal_codes: Iterable[str] = (),
    secrets: Iterable[Secret] = (),
    now: datetime,
) -> Verdict:
    """The verdict on one attempt. `terminal_codes` are the connection's own; `secrets` are masked in what is shown."""
    if isinstance(answer, NoAnswer):
        return Transient(cause=answer.cause, outcome_unknown=answer.sent)
    members = read_members(answer) or {}
    issued = read_issued(members, http_status=answer.status) if answer.status in _ANSWERED else None
    # Looking for a refusal costs ten times as much, and nearly every answer is a success.
    if issued is not None and not states_error(members):
        return structs.replace(issued, repeated=True) if answer.repeated else issued
    refusal = read_refusal(members)
    code, refused = _judge(answer.status, refusal, idp_host, frozenset(terminal_codes))
    shown = (sanitise(code, secrets) or None) if code else None
    if refused is not None:
        if answer.status == _UNAUTHORIZED:
            shown = shown or "http_401"
        return Terminal(code=shown, http_status=answer.status, dead_grant=refused == "grant")
    return Transient(
        code=shown,
        http_status=answer.status,
        retry_after=retry_after(answer.headers, now=now),
        outcome_unknown=_is_unknown(answer.status, refusal, issued),
    )


def _judge(status: int, refusal: Refusal, host: str | None, own: frozenset[str]) -> tuple[str | None, Refused | None]:
    """The code that decides, as sent, and what is refused for good; None: it will pass."""
    code = refusal.code
    known = [(each, sanitise(each)) for each in (code, *refusal.others) if each is not None]
    if status in _PASSING_STATUSES or status not in _JUDGED or (code is not None and is_passing(code, host)):
        return code, None
    if status == _UNAUTHORIZED:
        return code, (refused_by_code(known[0][1], host) if known else None) or "other"
    for raw, clean in known:
        if clean in own:
            return raw, "other"
    if status in _JUDGED_BY_CODE and not refusal.passing and code not in _PASSING_CODES:
        return _judge_by_words(refusal, known, host)
    return code, None


def _judge_by_words(
    refusal: Refusal, known: list[tuple[str, str]], host: str | None
) -> tuple[str | None, Refused | None]:
    if any(refused_by_number(member, number, refusal.code, host) for member, number in refusal.numbers):
        return refusal.code, "grant"
    for raw, clean in known:
        if refused := refused_by_code(clean, host):
            return raw, refused
    return refusal.code, "grant" if any(map(refused_by_sentence, refusal.sentences)) else None


def _is_unknown(status: int, refusal: Refusal, issued: Issued | None) -> bool:
    """Whether the IdP may have obeyed although the answer is of no use."""
    if status in _ANSWERED:
        return issued is not None or not refusal.stated
    return not _REDIRECTION <= status < _SERVER_ERROR
