"""Where a secret in a declaration comes from: the environment, a file, or (warned about) the declaration itself."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from authpulse_contract.secret import Secret

_SHAPE: Final = 'Write { env = "VARIABLE" } or { file = "/path" }.'


def secret(source: object, *, environ: Mapping[str, str], folder: Path) -> Secret:
    """The secret that `source` names; a relative path starts at `folder`. Raises `ValueError`, without the value."""
    if isinstance(source, str):
        raise ValueError(f"a secret is not written here as it is. {_SHAPE}")
    match source:
        case {"env": str(variable), **rest} if not rest:
            return _given(environ.get(variable), f"the environment variable {variable}")
        case {"file": str(path), **rest} if not rest:
            return _given(_read(folder / path), f"the file {folder / path}")
        case {"value": str(value), **rest} if not rest:
            return _given(value, "the value")
    raise ValueError(f"it has to name one source. {_SHAPE}")


def written_out(source: object) -> bool:
    """Whether the secret stands in the declaration for all to read."""
    return isinstance(source, dict) and "value" in source


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").rstrip("\r\n")
    except OSError as failure:
        raise ValueError(f"{path} cannot be read: {failure.strerror}") from None
    except UnicodeDecodeError:
        raise ValueError(f"{path} is not text in UTF-8") from None


def _given(value: str | None, what: str) -> Secret:
    if value is None:
        raise ValueError(f"{what} is not set")
    if not value:
        raise ValueError(f"{what} is empty")
    return Secret(value)
