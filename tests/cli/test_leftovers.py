import json
import os
import subprocess
import time
from pathlib import Path

import psutil

from authpulse_cli.embedded.leftovers import stop_leftovers


def test_what_the_last_run_left_is_stopped(tmp_path: Path) -> None:
    """The file is as old as the last start of a child; a process that is younger has merely been given its id."""
    with subprocess.Popen(["sleep", "60"]) as left, subprocess.Popen(["sleep", "60"]) as stranger:
        (tmp_path / "instance.json").write_text(json.dumps({"pids": {"left": left.pid}}))
        assert stop_leftovers(tmp_path) == ["left"]
        assert not psutil.pid_exists(left.pid)

        file = tmp_path / "instance.json"
        file.write_text(json.dumps({"pids": {"recycled": stranger.pid, "gone": left.pid}}))
        os.utime(file, (time.time() - 60, time.time() - 60))
        spared = stop_leftovers(tmp_path) == [] and stranger.poll() is None
        stranger.kill()
        assert spared


def test_a_first_run_has_no_leftovers(tmp_path: Path) -> None:
    assert stop_leftovers(tmp_path) == []
