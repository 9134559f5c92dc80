"""Reads the whole file of declarations, or refuses it with everything that is wrong with it."""

import tomllib
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct

from authpulse_cli.declared.entry import Surroundings, declaration
from authpulse_cli.errors import CommandError
from authpulse_contract.connections import Declaration
from authpulse_contract.validate import problems


class Declared(Struct, frozen=True):
    """What a file declares, in its order; warnings are for the operator's eyes."""

    declarations: tuple[Declaration, ...]
    warnings: tuple[str, ...]


def read_declarations(file: Path, environ: Mapping[str, str]) -> Declared:
    """The connections that `file` declares. Raises `CommandError`, listing every problem with connection and member."""
    tables = _tables(file)
    found: list[str] = []
    warnings: list[str] = []
    declarations: list[Declaration] = []
    for number, table in enumerate(tables, start=1):
        where = _title(table, number)
        around = Surroundings(
            environ=environ,
            folder=file.absolute().parent,
            problem=lambda member, text, where=where: found.append(f"{where}: {member}: {text}"),  # type: ignore[misc]
            warning=lambda member, text, where=where: warnings.append(f"{where}: {member}: {text}"),  # type: ignore[misc]
        )
        made = declaration(table, around)
        if made is not None:
            declarations.append(made)
            found.extend(f"{where}: {problem.member}: {problem.detail}" for problem in problems(made))
    found.extend(_duplicates(tables))
    if found:
        listed = "".join(f"\n  {problem}" for problem in found)
        raise CommandError(f"{file} is refused; nothing has been changed. What is wrong with it:{listed}")
    return Declared(tuple(declarations), tuple(f"{file}: {warning}" for warning in warnings))


def _tables(file: Path) -> list[dict[str, Any]]:
    try:
        document = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as failure:
        raise CommandError(f"{file} cannot be read: {failure.strerror}. Name a file of declarations.") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as failure:
        raise CommandError(f"{file} is not TOML: {failure}. Nothing has been changed.") from None
    unknown = [key for key in document if key != "connection"]
    if unknown:
        raise CommandError(
            f"{file}: {', '.join(unknown)} at the top is not known; each connection starts with [[connection]]. "
            f"Nothing has been changed."
        )
    tables = document.get("connection", [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise CommandError(f"{file}: write [[connection]] with two brackets on each side. Nothing has been changed.")
    return tables


def _title(table: dict[str, Any], number: int) -> str:
    kind, name = table.get("kind"), table.get("name")
    named = isinstance(kind, str) and isinstance(name, str)
    return f"connection {kind}/{name}" if named else f"connection number {number}"


def _duplicates(tables: list[dict[str, Any]]) -> list[str]:
    counted = Counter(_title(table, number) for number, table in enumerate(tables, start=1))
    return [f"{title}: name: declared {count} times" for title, count in counted.items() if count > 1]
