"""How identity providers treat a refresh token that has been spent, by host: data, in `idp_traits.toml`."""

import tomllib
from importlib.resources import files
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct


class TraitsError(ValueError):
    """The text cannot be used; the message says why."""


class Traits(Struct, frozen=True, kw_only=True):
    """Without any, the strictest: a refresh token works once, and using it again kills what was issued for it.

    `grace`: seconds after its first use during which a spent token is still taken. `previous_only`: the token spent
    last is taken for as long as its successor has not been used. `replay_kills`: a replay later than that revokes the
    successor too (RFC 9700 4.14.2); else it is just refused. `rotates` false: a refresh spends nothing.
    """

    grace: float = 0.0
    previous_only: bool = False
    replay_kills: bool = True
    rotates: bool = True


class AtHosts(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The traits of the IdPs at these hosts and at those below them."""

    hosts: tuple[str, ...]
    grace: Annotated[float, Meta(ge=0)] = 0.0
    previous_only: bool = False
    replay_kills: bool = True
    rotates: bool = True


class _Data(Struct, frozen=True, forbid_unknown_fields=True):
    idp: tuple[AtHosts, ...] = ()


Known = tuple[AtHosts, ...]
"""The first one that names a host, or one above it, counts."""

STRICT: Final = Traits()


def read_traits(text: str) -> Known:
    """What a file in the form of `idp_traits.toml` says. Raises `TraitsError`."""
    try:
        return msgspec.convert(tomllib.loads(text), _Data).idp
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as failure:
        raise TraitsError(str(failure)) from None


def traits_of(idp_host: str | None, known: Known) -> Traits:
    """Those of the IdP at `idp_host`, which may have a port; `STRICT` where none are known."""
    name = "." + (idp_host or "").split(":")[0]
    for each in known:
        if any(name.endswith("." + host) for host in each.hosts):
            return Traits(
                grace=each.grace,
                previous_only=each.previous_only,
                replay_kills=each.replay_kills,
                rotates=each.rotates,
            )
    return STRICT


BUILT_IN: Final = read_traits(files(__package__).joinpath("idp_traits.toml").read_text("utf-8"))
"""What is known without being told."""
