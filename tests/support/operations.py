"""The commands of docs/operations.md, run as they stand there."""

import os
import re
import subprocess
from pathlib import Path
from typing import Final

from authpulse_cli.embedded.postgres import binaries

PAGE: Final = Path(__file__).resolve().parents[2] / "docs/operations.md"


def commands(heading: str) -> list[str]:
    """Each block of commands below a heading of the page."""
    section = re.split(r"(?m)^## ", PAGE.read_text(encoding="utf-8").partition(f"## {heading}\n")[2])[0]
    found = re.findall(r"(?ms)^```sh\n(.*?)^```", section)
    assert found, heading
    return found


def run_there(script: str, folder: Path, **environ: str) -> None:
    """In `folder`, with PostgreSQL's programs on PATH."""
    path = f"{binaries()}{os.pathsep}{os.environ['PATH']}"
    subprocess.run(["sh", "-euc", script], cwd=folder, env={**os.environ, "PATH": path, **environ}, check=True)
