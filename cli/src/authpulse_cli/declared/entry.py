"""One `[[connection]]` table: its members read one by one, so that all that is wrong with it is said at once."""

import difflib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final, get_args

import msgspec
from msgspec import Struct

from authpulse_cli.declared.sources import secret, written_out
from authpulse_contract.connections import BroughtToken, Declaration, OAuthConfig
from authpulse_contract.durations import seconds
from authpulse_contract.events import Grant
from authpulse_contract.secret import Secret

GRANTS: Final = (*get_args(Grant), "none")

Report = Callable[[str, str], None]
"""Takes a member and what is wrong (or risky) with it."""


class Surroundings(Struct, frozen=True, kw_only=True):
    """What a declaration may refer to, and who hears about it. Relative paths start at `folder`."""

    environ: Mapping[str, str]
    folder: Path
    problem: Report
    warning: Report


def declaration(table: dict[str, Any], around: Surroundings) -> Declaration | None:
    """The connection that `table` declares; None after a problem was reported."""
    reader = _Reader(table, "", around)
    kind, name = reader.required("kind", str), reader.required("name", str)
    grant = reader.required("grant", str)
    if grant is not None and grant not in GRANTS:
        reader.report("grant", f"{grant!r} is not one of {', '.join(GRANTS)}")
    oauth, client_secret, client_key, token = None, None, None, None
    if grant == "none":
        reader.refuse_rest('no meaning with grant = "none"; take it out, or name the grant')
    else:
        client_secret = reader.read("client_secret", Secret | None)
        client_key = reader.read("client_key", Secret | None)
        token = _token(reader, around)
        if "token_url" not in table and "issuer" not in table:
            reader.report("token_url", "missing")
        oauth = reader.struct(OAuthConfig, grant=grant)
    reader.refuse_unknown()
    if reader.failed or kind is None or name is None:
        return None
    return Declaration(
        kind=kind, name=name, oauth=oauth, client_secret=client_secret, client_key=client_key, token=token
    )


def _token(outer: "_Reader", around: Surroundings) -> BroughtToken | None:
    table = outer.read("token", dict[str, Any] | None)
    if table is None:
        return None
    reader = _Reader(table, "token.", around)
    token: BroughtToken | None = reader.struct(BroughtToken)
    reader.refuse_unknown()
    outer.failed |= reader.failed
    return token


class _Reader:
    """Takes the members out of a table, remembering which are known; problems go to `around`."""

    def __init__(self, table: dict[str, Any], prefix: str, around: Surroundings) -> None:
        self.failed = False
        self._table, self._prefix, self._around = table, prefix, around
        self._known: list[str] = []

    def report(self, member: str, text: str) -> None:
        self.failed = True
        self._around.problem(self._prefix + member, text)

    def required(self, member: str, kind: Any) -> Any:
        if member not in self._table:
            self._known.append(member)
            self.report(member, "missing")
            return None
        return self.read(member, kind)

    def read(self, member: str, kind: Any) -> Any:
        """The member as `kind` (a secret's source and a duration read as such); None if absent or wrong."""
        self._known.append(member)
        if member not in self._table:
            return None
        value = self._table[member]
        try:
            return self._convert(member, value, kind)
        except msgspec.ValidationError as failure:
            self.report(member, _plain(str(failure)))
        except ValueError as failure:
            self.report(member, str(failure))
        return None

    def struct(self, kind: Any, **given: Any) -> Any:
        """The Struct `kind` of the members in the table and those `given`; None if one is missing or wrong."""
        failed_before, self.failed = self.failed, False
        for field in msgspec.structs.fields(kind):
            if field.name in given:
                continue
            value = (self.required if field.required else self.read)(field.name, field.type)
            if field.name in self._table:
                given[field.name] = value
        made = None if self.failed else kind(**given)
        self.failed |= failed_before
        return made

    def refuse_rest(self, why: str) -> None:
        for member in self._rest():
            if member in KNOWN:
                self._known.append(member)
                self.report(member, why)

    def refuse_unknown(self) -> None:
        for member in self._rest():
            near = difflib.get_close_matches(member, self._known, n=1)
            self.report(member, "no such member" + (f"; do you mean {near[0]}?" if near else ""))

    def _rest(self) -> Iterable[str]:
        return [member for member in self._table if member not in self._known]

    def _convert(self, member: str, value: Any, kind: Any) -> Any:
        if Secret in (kind, *get_args(kind)):
            if written_out(value):
                hint = "written out for all to read; { env = ... } or { file = ... } is not"
                self._around.warning(self._prefix + member, hint)
            return secret(value, environ=self._around.environ, folder=self._around.folder)
        if float in (kind, *get_args(kind)):
            return seconds(value)
        converted = msgspec.convert(value, kind)
        # The refresher reads it, in a folder of its own.
        return str((self._around.folder / converted).absolute()) if member in FILES else converted


def _plain(text: str) -> str:
    """What msgspec says, without its quotes and its `$` for the member that is named already."""
    return (text[:1].lower() + text[1:]).replace(" - at `$", ", at `").replace("`", "")


FILES: Final = frozenset({"ca_file", "client_cert_file", "client_key_file"})
KNOWN: Final = frozenset(field.name for field in msgspec.structs.fields(OAuthConfig)) | {
    "client_secret",
    "client_key",
    "token",
}
