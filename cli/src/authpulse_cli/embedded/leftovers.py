"""Children that an `up` left behind when it was killed (Linux stops them with it; elsewhere they live on)."""

from pathlib import Path

import psutil

from authpulse_cli.instance import instance_file, read_instance


def stop_leftovers(data: Path) -> list[str]:
    """Stop what the last `up` on `data` started and what still runs; returns the names.

    The lock of `data` has to be held, so that none of them belongs to a living `up`.
    """
    file = instance_file(data)
    if not file.exists():
        return []
    # The file is written after each start: a process younger than it has merely been given the same id.
    latest = file.stat().st_mtime + 2.0
    running: dict[psutil.Process, str] = {}
    for name, pid in read_instance(file).pids.items():
        try:
            process = psutil.Process(pid)
            if process.create_time() <= latest and process.status() != psutil.STATUS_ZOMBIE:
                # PostgreSQL waits for its sessions on SIGTERM, but not on SIGINT; the others take both alike.
                process.send_signal(2)
                running[process] = name
        except psutil.NoSuchProcess:
            continue
    _, stubborn = psutil.wait_procs(list(running), timeout=15)
    for process in stubborn:
        process.kill()
    psutil.wait_procs(stubborn, timeout=5)
    return list(running.values())
