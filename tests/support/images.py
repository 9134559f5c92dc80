"""Our images, built by deploy/Dockerfile."""

from pathlib import Path
from typing import Final

from support.compose import ROOT, run

COMPONENTS: Final = ("refresher", "event-store", "health-api", "cli")


def build(context: Path, tag: str) -> None:
    """All of them from the sources in `context`, by today's recipe."""
    for component in COMPONENTS:
        recipe = ("-f", str(ROOT / "deploy/Dockerfile"), "--build-arg", f"COMPONENT={component}")
        run("docker", "build", "-q", *recipe, "-t", f"authpulse/{component}:{tag}", str(context))
