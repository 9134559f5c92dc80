"""The demo IdP's client secrets and refresh tokens: real ones, made from one key, so that it can forget everything."""

import hashlib
import hmac


def client_secret(key: str, client_id: str) -> str:
    """The secret of `client_id`."""
    return _mac(key, f"client:{client_id}")


def refresh_token(key: str, client_id: str, serial: int) -> str:
    """The `serial`th refresh token of `client_id`; each one replaces those before."""
    return f"demo-rt.{serial}.{_mac(key, f'refresh:{client_id}:{serial}')}"


def serial_of(key: str, client_id: str, token: str) -> int | None:
    """The serial of a refresh token that was made for `client_id`; None for any other text."""
    _, _, rest = token.partition(".")
    serial, _, _ = rest.partition(".")
    if not (serial.isascii() and serial.isdigit()):
        return None
    made = refresh_token(key, client_id, int(serial))
    return int(serial) if hmac.compare_digest(made.encode(), token.encode()) else None


def _mac(key: str, text: str) -> str:
    return hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()
