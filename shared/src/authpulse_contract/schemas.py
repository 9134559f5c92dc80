"""Publishes the contract: `python -m authpulse_contract.schemas FOLDER [--check]` writes JSON Schemas and AsyncAPI."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any, Final, get_args

import msgspec

from authpulse_contract import asyncapi, commands, connecting, tokens
from authpulse_contract.cloudevents import SCHEMA_PREFIX
from authpulse_contract.events import Event
from authpulse_contract.health import Connections, HealthRow
from authpulse_contract.secret import Secret

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
REPLY: Final = "reply"
CONNECT_REPLY: Final = "connect_reply"

_VERBS: Final[dict[str, type]] = {
    commands.REGISTER: commands.Register,
    commands.REMOVE: commands.Remove,
    commands.LIST: commands.ListConnections,
    commands.REFRESH: commands.RefreshNow,
    commands.FORGET: commands.ForgetToken,
    commands.RESEAL: commands.Reseal,
    commands.PROGRESS: commands.AskProgress,
}
_CONNECT_VERBS: Final[dict[str, type]] = {
    connecting.START: connecting.StartSignIn,
    connecting.START_BY_LINK: connecting.StartByLink,
    connecting.COMPLETE: connecting.CompleteSignIn,
    connecting.MAKE_LINK: connecting.MakeLink,
    connecting.FIND_LINK: connecting.FindLink,
    connecting.STATUS: connecting.StatusOf,
}


def published() -> dict[str, bytes]:
    """Each file of the published contract: its name and its content."""
    events = {str(event.__struct_config__.tag): event for event in get_args(Event)}
    kinds_of = _VERBS | _CONNECT_VERBS
    verbs = {verb: f"command_{verb}" for verb in kinds_of}
    replies = dict.fromkeys(_VERBS, REPLY) | dict.fromkeys(_CONNECT_VERBS, CONNECT_REPLY)
    kinds: dict[str, Any] = {
        **events,
        "health_row": HealthRow,
        "oauth_health": Connections,
        **{verbs[verb]: kind for verb, kind in kinds_of.items()},
        REPLY: commands.Reply,
        CONNECT_REPLY: connecting.ConnectReply,
        "get_token": tokens.GetToken,
        "token_reply": tokens.TokenReply,
    }
    documents = {f"{name}.json": schema(name, kind) for name, kind in kinds.items()}
    documents["asyncapi.json"] = asyncapi.describe(events, verbs, replies)
    return {
        name: json.dumps(document, indent=2, ensure_ascii=False).encode() + b"\n"
        for name, document in documents.items()
    }


def schema(name: str, kind: Any) -> dict[str, Any]:
    """The JSON Schema of `kind` with `$id` `urn:authpulse:schema:<name>`."""
    (root,), parts = msgspec.json.schema_components([kind], schema_hook=_custom, ref_template="#/$defs/{name}")
    return {
        "$schema": DIALECT,
        "$id": SCHEMA_PREFIX + name,
        **root,
        "$defs": {part: _unwrapped(parts[part]) for part in sorted(parts)},
    }


def _custom(kind: type) -> dict[str, Any]:
    if kind is Secret:
        return {"type": "string", "format": "password", "writeOnly": True}
    raise NotImplementedError(f"{kind.__name__} does not cross a border")


def _unwrapped(part: Any) -> Any:
    """`part` with the line breaks of docstrings, which mean nothing to a reader of JSON, made blanks."""
    text = part.get("description")
    return part if text is None else part | {"description": " ".join(text.split())}


def main() -> None:
    """The command; with `--check` exit status 1 and the names of the files that differ."""
    arguments = argparse.ArgumentParser(prog="python -m authpulse_contract.schemas", description=__doc__)
    arguments.add_argument("folder", type=Path, help="where the files are, such as docs/schemas")
    arguments.add_argument("--check", action="store_true", help="write nothing; fail if a file is not as it would be")
    given = arguments.parse_args()
    if given.check:
        there = {path.name: path.read_bytes() for path in given.folder.glob("*.json")}
        wanted = published()
        if differing := sorted(name for name in there | wanted if there.get(name) != wanted.get(name)):
            sys.exit(f"not as the code has it: {', '.join(differing)}; run this without --check, delete what is extra")
        return
    given.folder.mkdir(parents=True, exist_ok=True)
    for name, content in published().items():
        (given.folder / name).write_bytes(content)


if __name__ == "__main__":
    main()
