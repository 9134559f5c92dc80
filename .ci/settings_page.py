"""Writes docs/settings.md from the services' settings Structs; with --check, fails where the page is not theirs."""

import sys
from importlib import import_module
from pathlib import Path
from typing import Annotated, Final, get_args, get_origin, get_type_hints

from msgspec import NODEFAULT, Meta, Struct
from msgspec.structs import fields

from authpulse_contract.secret import Secret

PAGE: Final = Path(__file__).resolve().parent.parent / "docs/settings.md"
SERVICES: Final = {
    "refresher": "authpulse_refresher",
    "event-store": "authpulse_event_store",
    "health-api": "authpulse_health_api",
}
OPENING: Final = """<!-- Written by ./justw publish from the services' settings Structs. -->
# Settings

Each service reads its settings from the environment, once, when it starts. Each variable may instead be given as
`…_FILE`, the path of a file with the value, as Docker and Kubernetes hand out secrets. A variable that is missing or
cannot be used ends the process with status 1 and one line that names it. `authpulse up` sets all of them itself.
"""


def meta_of(hint: object) -> Meta:
    found = [extra for extra in get_args(hint) if isinstance(extra, Meta)] if get_origin(hint) is Annotated else []
    return found[0] if found else Meta()


def meaning(meta: Meta) -> str:
    """The description as a sentence of its own (in a message it follows the variable), and the bounds."""
    text = (meta.description or "").removeprefix("It should be ")
    named = {"above": meta.gt, "at least": meta.ge, "below": meta.lt, "at most": meta.le}
    bounds = ", ".join(f"{word} {bound}" for word, bound in named.items() if bound is not None)
    return f"{text[:1].upper()}{text[1:]}" + (f" {bounds.capitalize()}." if bounds else "")


def shown(default: object) -> str:
    """As one would write it into the variable."""
    if default is NODEFAULT:
        return "required"
    if default is None:
        return "none"
    text = default.reveal() if isinstance(default, Secret) else str(default)
    return f"`{text.lower() if isinstance(default, bool) else text}`"


def table(settings: type[Struct]) -> str:
    hints = get_type_hints(settings, include_extras=True)
    rows = ["| variable | meaning | default |", "|---|---|---|"]
    for member in fields(settings):
        meta = meta_of(hints[member.name])
        if not meta.description:
            sys.exit(f"{settings.__module__}: {member.name} has no description")
        rows.append(f"| `AUTHPULSE_{member.name.upper()}` | {meaning(meta)} | {shown(member.default)} |")
    return "\n".join(rows)


def page() -> str:
    sections = [
        f"## {name}\n\n{table(import_module(f'{package}.settings').Settings)}\n" for name, package in SERVICES.items()
    ]
    return "\n".join([OPENING, *sections])


def main() -> None:
    if "--check" not in sys.argv:
        PAGE.write_text(page(), encoding="utf-8")
    elif not PAGE.exists() or PAGE.read_text(encoding="utf-8") != page():
        sys.exit("docs/settings.md is not what the settings are: run ./justw publish")


if __name__ == "__main__":
    main()
