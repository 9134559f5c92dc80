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
from collections import Counter, defaultdict
from pathlib import Path

FLOOR = 90.0
ROOT = Path(__file__).resolve().parent.parent
FLAT = ROOT / "artefacts/mutation"
NOTHING_TO_MUTATE = {"authpulse_refresher.model"}
"""Structs without a function."""
DEAD = {"killed", "timeout"}
"""A mutant that hangs is caught as surely as one that fails."""


def pure_modules() -> list[str]:
    config = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = config["tool"]["importlinter"]["contracts"]
    pure = next(contract for contract in contracts if contract["name"] == "Pure modules do no I/O")
    return sorted(set(pure["source_modules"]) - NOTHING_TO_MUTATE)


def chosen(modules: list[str]) -> list[str]:
    """Those that the arguments name, by their names' endings; all where there are none."""
    wanted = tuple(sys.argv[1:])
    found = [module for module in modules if not wanted or module.endswith(wanted)]
    return found or sys.exit(f"None of the pure modules ends with {' or '.join(wanted)}: {', '.join(modules)}")


def lay_out(modules: list[str]) -> None:
    """`src/` with all packages, `tests/`, and the settings of mutmut and pytest."""
    shutil.rmtree(FLAT, ignore_errors=True)
    for source in (ROOT / "shared/src", *(ROOT / "services").glob("*/src"), ROOT / "cli/src"):
        shutil.copytree(source, FLAT / "src", dirs_exist_ok=True)
    shutil.copytree(ROOT / "tests", FLAT / "tests")
    tests = sorted(str(test.relative_to(FLAT)) for module in modules for test in tests_of(module))
    paths = [f"src/{module.replace('.', '/')}.py" for module in modules]
    (FLAT / "pyproject.toml").write_text(
        f"""[tool.mutmut]
source_paths = ["src"]
only_mutate = {json.dumps(paths)}
pytest_add_cli_args = ["--hypothesis-profile=ci", "-p", "no:cacheprovider"]
pytest_add_cli_args_test_selection = {json.dumps(tests)}
do_not_mutate_patterns = ['assert_never\\(', 'case _:$']
use_git_change_detection = false
[tool.pytest.ini_options]
addopts = ["--import-mode=importlib"]
pythonpath = ["tests"]
asyncio_mode = "auto"
""",
        encoding="utf-8",
    )


def tests_of(module: str) -> list[Path]:
    """`tests/refresher/test_decide.py` and `test_decide_*.py` for `authpulse_refresher.decision.decide`."""
    package, *_, name = module.removeprefix("authpulse_").split(".")
    folder = FLAT / "tests" / package
    return [*folder.glob(f"test_{name}.py"), *folder.glob(f"test_{name}_*.py")]


def mutmut(*arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "mutmut", *arguments], cwd=FLAT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"mutmut {arguments[0]} failed:\n{done.stdout[-5000:]}\n{done.stderr[-5000:]}")
    return done.stdout


def tally(results: str) -> dict[str, Counter[bool]]:
    """How many mutants of each module are dead (True) and alive, from lines such as `a.b.x_f__mutmut_1: killed`."""
    found: defaultdict[str, Counter[bool]] = defaultdict(Counter)
    for line in results.splitlines():
        name, _, status = line.strip().partition(": ")
        found[name.rpartition(".")[0]][status in DEAD] += 1
    return found


def main() -> None:
    lay_out(chosen(pure_modules()))
    mutmut("run")
    found = tally(mutmut("results", "--all", "true"))
    for module, counts in sorted(found.items()):
        print(f"{100 * counts[True] / counts.total():6.1f} % of {counts.total():4} in {module}")
    total = sum(found.values(), Counter[bool]())
    score = 100 * total[True] / total.total()
    print(f"{total[True]} of {total.total()} mutants killed: {score:.1f} % (at least {FLOOR:.0f} %)")
    if total[False]:
        print(mutmut("results") + f"See one with: cd {os.path.relpath(FLAT)} && mutmut show NAME")
    if score < FLOOR:
        sys.exit("The tests let too many mutants live.")


if __name__ == "__main__":
    main()
