"""Asks the services that know of vulnerabilities about what is locked: OSV, and npm's registry for the console.

Status 0: asked, and nothing is known. 1: something is. 2: somebody could not be asked, which is not the same.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
CONSOLE: Final = ROOT / "services/health-api/console"
CLEAN, FOUND, UNASKED = 0, 1, 2


def python() -> int:
    """uv ends with 1 where something is known, and with 2 where it could not ask."""
    command = ("uv", "audit", "--frozen", "--preview-features", "audit-command")
    asked = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    print(asked.stdout + asked.stderr)
    return asked.returncode if asked.returncode in {CLEAN, FOUND} else UNASKED


def console() -> int:
    """By its JSON: in words npm says "found 0 vulnerabilities" when the registry has not answered, too."""
    command = ("npm", "audit", "--json")
    try:
        asked = subprocess.run(command, cwd=CONSOLE, check=False, capture_output=True, text=True)
        told = json.loads(asked.stdout)
    except (OSError, ValueError) as failure:
        print(f"npm cannot be asked: {failure}")
        return UNASKED
    if "auditReportVersion" not in told:
        print(told.get("message", "npm's registry has not answered."))
        return UNASKED
    for name, known in told["vulnerabilities"].items():
        print(f"{name}: {known['severity']}")
    return FOUND if told["vulnerabilities"] else CLEAN


def main() -> None:
    verdicts = {"uv.lock": python(), "the console's package-lock.json": console()}
    words = {CLEAN: "nothing is known", FOUND: "VULNERABILITIES ARE KNOWN", UNASKED: "COULD NOT BE ASKED from here"}
    for what, verdict in verdicts.items():
        print(f"{what}: {words[verdict]}")
    sys.exit(FOUND if FOUND in verdicts.values() else max(verdicts.values()))


if __name__ == "__main__":
    main()
