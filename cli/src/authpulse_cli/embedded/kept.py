"""The instance's own secrets: made once, kept in files that only their owner can read."""

import base64
import os
import secrets
from collections.abc import Callable
from pathlib import Path


def kept(file: Path, make: Callable[[], str]) -> str:
    """What `file` holds; if there is none, what `make` gives, kept there (mode 0600) before it is used."""
    try:
        return file.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        value = make()
        write_private(file, value + "\n")
        return value


def write_private(file: Path, text: str) -> None:
    """Replace `file` as a whole, readable by its owner alone; a reader sees the old text or the new one."""
    draft = file.with_name(f"{file.name}.draft")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        # A sealing key that a power cut takes away takes every sealed token with it.
        os.fsync(stream.fileno())
    draft.replace(file)


def new_password() -> str:
    """256 random bits that are legal in a URL."""
    return secrets.token_urlsafe(32)


def new_sealing_key() -> str:
    """A key ring with one new AES-256 key, as in `AUTHPULSE_SEALING_KEYS`."""
    return "k1:" + base64.b64encode(secrets.token_bytes(32)).decode()
