"""What a package's SQL does to which tables, read from its source: what its role has to be let do, and no more."""

import ast
import re
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Final

_TABLE: Final = r"\s+((?:vault|ledger)\.\w+)"
_VERBS: Final = {
    "select": rf"(?<!delete )(?:from|join){_TABLE}",
    "insert": rf"insert\s+into{_TABLE}",
    "update": rf"update{_TABLE}",
    "delete": rf"delete\s+from{_TABLE}",
}


def needs(package: str) -> set[tuple[str, str]]:
    """Pairs such as ("insert", "ledger.events"). Whoever changes rows looks for them first."""
    found: set[tuple[str, str]] = set()
    for text in _texts(Path(str(files(package)))):
        here = {(verb, table) for verb, pattern in _VERBS.items() for table in re.findall(pattern, text)}
        if re.search(r"on conflict.*do update", text, re.DOTALL):
            here |= {("update", table) for verb, table in here if verb == "insert" and _is_put(table, text)}
        if re.search(r"for update", text):
            here |= {("update", table) for verb, table in here if verb == "select"}
        found |= here | {("select", table) for verb, table in here if verb in {"update", "delete", "insert"}}
    return found


def _is_put(table: str, text: str) -> bool:
    """Whether the insertion into `table` is the one that updates in a conflict."""
    after = re.split(rf"insert\s+into\s+{re.escape(table)}", text)[1]
    return "do update" in re.split(r"insert\s+into", after)[0]


def _texts(folder: Path) -> Iterator[str]:
    for module in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(module.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value
