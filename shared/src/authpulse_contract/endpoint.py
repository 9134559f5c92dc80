"""Whether a URL is fit to be an IdP's endpoint."""

from urllib.parse import urlsplit

from authpulse_contract.hosts import is_loopback


def endpoint_fault(url: str, *, allow_http: bool) -> str | None:
    """What is wrong with `url`, or None. Plain http is let pass for loopback hosts, or with `allow_http`.

    A fragment is refused as in RFC 6749 3.1 and 3.2, userinfo because it would be logged as part of a host.
    """
    if not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        return "must be a URL of printable ASCII characters"
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return "must be a URL with a valid host and port"
    if parts.scheme not in ("https", "http") or not host or port == 0:
        return "must be an absolute https URL"
    if parts.username is not None or parts.password is not None or "#" in url:
        return "must not hold a user name, a password or a fragment"
    if parts.scheme == "http" and not (allow_http or is_loopback(host)):
        return "must be https: plain http is for loopback hosts only, unless allow_http is true"
    return None
