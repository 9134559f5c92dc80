"""Mutates the pure modules and fails where fewer than nine in ten mutants are killed by their own tests.

The modules are those that the import contract "Pure modules do no I/O" names. mutmut expects one `src` folder, a
workspace has five: so the packages and the tests are laid out flat under artefacts/mutation and mutated there.
"""

import json
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

FLOOR = 90.0
ROOT = Path(__file__).resolve().parent.parent
FLAT = ROOT / "artefacts/mutation"
NOTHING_TO_MUTATE = {"authpulse_refresher.model"}
"""Structs without a function."""


def pure_modules() -> list[str]:
    config = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = config["tool"]["importlinter"]["contracts"]
    pure = next(contract for contract in contracts if contract["name"] == "Pure modules do no I/O")
    return sorted(set(pure["source_modules"]) - NOTHING_TO_MUTATE)


def lay_out(modules: list[str]) -> None:
    """`src/` with all packages, `tests/`, and the settings of mutmut and pytest."""
    shutil.rmtree(FLAT, ignore_errors=True)
    for source in (ROOT / "shared/src", *(ROOT / "services").glob("*/src"), ROOT / "cli/src"):
        shutil.copytree(source, FLAT / "src", dirs_exist_ok=True)
    shutil.copytree(ROOT / "tests", FLAT / "tests")
    names = {module.rpartition(".")[2] for module in modules}
    tests = sorted(str(test.relative_to(FLAT)) for name in names for test in FLAT.glob(f"tests/*/test_{name}*.py"))
    paths = [f"src/{module.replace('.', '/')}.py" for module in modules]
    (FLAT / "pyproject.toml").write_text(
        f"""[tool.mutmut]
source_paths = ["src"]
only_mutate = {json.dumps(paths)}
pytest_add_cli_args = ["--hypothesis-profile=ci", "-p", "no:cacheprovider"]
pytest_add_cli_args_test_selection = {json.dumps(tests)}
use_git_change_detection = false
[tool.pytest.ini_options]
addopts = ["--import-mode=importlib"]
pythonpath = ["tests"]
asyncio_mode = "auto"
""",
        encoding="utf-8",
    )


def mutmut(*arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "mutmut", *arguments], cwd=FLAT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"mutmut {arguments[0]} failed:\n{done.stdout[-5000:]}\n{done.stderr[-5000:]}")
    return done.stdout


def main() -> None:
    modules = pure_modules()
    lay_out(modules)
    mutmut("run")
    mutmut("export-cicd-stats")
    stats = json.loads((FLAT / "mutants/mutmut-cicd-stats.json").read_text(encoding="utf-8"))
    # A mutant that hangs is caught as surely as one that fails.
    killed, total = stats["killed"] + stats["timeout"], stats["total"]
    print(mutmut("results"))
    score = 100 * killed / total
    print(f"{killed} of {total} mutants killed in {len(modules)} modules: {score:.1f} % (at least {FLOOR:.0f} %)")
    print(f"See one with: cd {os.path.relpath(FLAT)} && mutmut show NAME")
    if score < FLOOR:
        sys.exit("The tests let too many mutants live.")


if __name__ == "__main__":
    main()
