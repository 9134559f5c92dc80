"""Writes docs/licences.md: under which licence each locked package comes, and where it goes.

With --check it fails where the page is another, and either way where a licence is not among those that we may pass on.
"""

import json
import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
PAGE: Final = ROOT / "docs/licences.md"
LOCK_OF_THE_CONSOLE: Final = ROOT / "services/health-api/console/package-lock.json"
BUNDLED: Final = ("react", "react-dom", "scheduler")
# What goes where: the arguments that choose it from uv.lock.
PLACES: Final = {
    "refresher": ("--package", "authpulse-refresher", "--all-extras"),
    "event-store": ("--package", "authpulse-event-store", "--all-extras"),
    "health-api": ("--package", "authpulse-health-api", "--all-extras"),
    "cli": ("--package", "authpulse-cli", "--extra", "verify"),
    "one machine": ("--package", "authpulse-cli", "--extra", "embedded"),
}
TESTS: Final = ("--all-packages", "--all-extras", "--group", "dev", "--group", "lint")
# Of those that we pass on. LGPL: psycopg, unmodified and replaceable. MPL: certifi, unmodified.
PASSED_ON: Final = {
    *("Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "LGPL-3.0-only", "MIT", "MIT-0", "MPL-2.0", "PSF-2.0"),
}
# Of those that only test us besides; nothing of them reaches a user.
USED: Final = {"LGPL-3.0-or-later"}
# As some write it.
SPDX: Final = {
    "3-Clause BSD License": "BSD-3-Clause",
    "Apache 2": "Apache-2.0",
    "Apache 2 License": "Apache-2.0",
    "Apache 2.0": "Apache-2.0",
    "Apache License 2.0": "Apache-2.0",
    "Apache License, Version 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD": "BSD-3-Clause",
    "BSD 2-Clause License": "BSD-2-Clause",
    "BSD License": "BSD-3-Clause",
    "GNU Lesser General Public License v3 or later (LGPLv3+)": "LGPL-3.0-or-later",
    "ISC License (ISCL)": "ISC",
    "LGPLv3+": "LGPL-3.0-or-later",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
}
# Whose metadata has the whole text, or says it nowhere; read there.
READ: Final[dict[str, str]] = {"httpx-aiohttp": "BSD-3-Clause", "rich-click": "MIT"}
OPENING: Final = """<!-- Written by ./justw publish from uv.lock and the packages' own metadata. -->
# Licences

authpulse itself is under [Apache 2.0](../LICENSE). What it needs is listed here, as locked in `uv.lock`, by what it
goes into: the images, the whole on one machine (`authpulse up`), or the tests and tools, which reach no user. The gate
fails where a licence is none that may be passed on. The base image, NATS and PostgreSQL have licences of their own.

| package | licence | goes into |
|---|---|---|
"""


def locked(words: tuple[str, ...]) -> set[str]:
    """The names of the packages that `words` choose, those for Windows aside."""
    command = ("uv", "export", "--frozen", "--quiet", "--no-hashes", "--no-emit-workspace", "--no-default-groups")
    lines = subprocess.run([*command, *words], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    found = re.findall(r"(?m)^([\w.-]+)==[^ ;]+(?: ; (.*))?$", lines)
    return {name for name, marker in found if "sys_platform == 'win32'" not in marker}


def licence_of(name: str, known: dict[str, str]) -> str:
    """As SPDX; of a package that is not installed here (another Python needs it) as the page has it already."""
    try:
        told = metadata.metadata(name)
    except metadata.PackageNotFoundError:
        return known.get(name, "not installed here")
    classified = [text.rpartition(" :: ")[2] for text in told.get_all("Classifier") or [] if text.startswith("License")]
    said = READ.get(name) or told.get("License-Expression") or told.get("License") or ""
    if not said or len(said) > 60:  # noqa: PLR2004 -- then it is the text of the licence and not its name
        said = " OR ".join(classified)
    return SPDX.get(said, said)


def may_be(licence: str, allowed: set[str]) -> bool:
    return any(set(one.strip("() ").split(" AND ")) <= allowed for one in licence.split(" OR "))


def main() -> None:
    text = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    known = dict(re.findall(r"(?m)^\| `([^`]+)` \| ([^|]+?) \|", text))
    places = {place: locked(words) for place, words in PLACES.items()}
    shipped = set().union(*places.values())
    rows: dict[str, tuple[str, str]] = {}
    for name in shipped | locked(TESTS):
        where = [place for place, names in places.items() if name in names] or ["tests and tools"]
        rows[name] = licence_of(name, known), ", ".join(where)
    packages = json.loads(LOCK_OF_THE_CONSOLE.read_text(encoding="utf-8"))["packages"]
    rows |= {name: (packages[f"node_modules/{name}"]["license"], "health-api's console") for name in BUNDLED}
    allowed = {name: PASSED_ON if name in shipped or name in BUNDLED else PASSED_ON | USED for name in rows}
    unfit = [f"{name}: {licence}" for name, (licence, _) in sorted(rows.items()) if not may_be(licence, allowed[name])]
    if unfit:
        sys.exit("These licences are not among those of .ci/licences.py:\n" + "\n".join(unfit))
    page = OPENING + "".join(f"| `{name}` | {licence} | {where} |\n" for name, (licence, where) in sorted(rows.items()))
    if "--check" not in sys.argv:
        PAGE.write_text(page, encoding="utf-8")
    elif text != page:
        sys.exit("docs/licences.md is not what uv.lock has: run ./justw publish")


if __name__ == "__main__":
    main()
