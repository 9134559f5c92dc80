"""Whether the IdP that sent the browser back is the one that it was sent to (RFC 9207): the answer to mix-up."""

from urllib.parse import urlsplit


def is_from(iss: str | None, *, issuer: str | None, required: bool, endpoints: tuple[str | None, ...]) -> bool:
    """Whether `iss` of the callback may be. `required`: the IdP's metadata promises it.

    Where no issuer is known, one that is sent must at least be at the host of one of the connection's `endpoints`: a
    code of another IdP would else be handed to this one.
    """
    if iss is None:
        return not required
    if issuer is not None:
        return iss == issuer
    hosts = {_host(each) for each in endpoints if each} - {None}
    return _host(iss) in hosts


def _host(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None
