"""Conditional requests (RFC 9110 13.1.2). Pure."""


def is_current(if_none_match: str | None, etag: str) -> bool:
    """Whether the client has `etag` already, so that 304 says it all. Compared weakly, as the RFC asks."""
    if if_none_match is None:
        return False
    held = {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}
    return "*" in held or etag in held
