"""Bearer tokens of an OIDC issuer (RFC 7519, RFC 9068): who it says they are, and which role that is here."""

from typing import Any, Final

import jwt
from msgspec import Struct

from authpulse_contract.sanitise import sanitise
from authpulse_health_api.admission.jwks import Jwks
from authpulse_health_api.admission.principal import Principal, Role
from authpulse_health_api.problems import Problem, Slug

ACTOR: Final = "oidc:"
# Signatures only: with a symmetric algorithm the issuer's public key would be the secret.
_ALGORITHMS: Final = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
_LEEWAY: Final = 30
"""Seconds that clocks may differ."""
_DOTS: Final = 2


class Issuer(Struct, frozen=True, kw_only=True):
    """Whose tokens are accepted, and how their claims are read. A dot in a claim's name leads into an object."""

    issuer: str
    audience: str
    name_claim: str
    roles_claim: str
    admin_role: str
    viewer_role: str


def looks_like_jwt(presented: str) -> bool:
    """Whether it has the three parts of a signed token."""
    return presented.count(".") == _DOTS


async def verify(presented: str, issuer: Issuer, keys: Jwks) -> Principal | None:
    """Who presents the token; None where it is not good. Raises 403 for those who have no role here.

    Raises `IssuerAwayError`.
    """
    try:
        key = await keys.key(jwt.get_unverified_header(presented).get("kid"))
        if key is None:
            return None
        claims = jwt.decode(
            presented,
            key,
            algorithms=_ALGORITHMS,
            audience=issuer.audience,
            issuer=issuer.issuer,
            leeway=_LEEWAY,
            options={"require": ["exp", "iss", "aud", "sub"]},
        )
    except (jwt.PyJWTError, ValueError):
        return None
    role = _role(_claim(claims, issuer.roles_claim), issuer)
    if role is None:
        raise Problem(Slug.NO_ROLE)
    name = sanitise(str(_claim(claims, issuer.name_claim) or claims["sub"]))
    return Principal(name=f"{ACTOR}{name}", role=role, expires_at=float(claims["exp"]))


def _role(claimed: Any, issuer: Issuer) -> Role | None:
    """The highest of the roles that are claimed, as a list or, as scopes are, with blanks between."""
    roles = claimed.split() if isinstance(claimed, str) else claimed if isinstance(claimed, list) else []
    if issuer.admin_role in roles:
        return "admin"
    return "viewer" if issuer.viewer_role in roles else None


def _claim(claims: dict[str, Any], name: str) -> Any:
    """The claim `name`; a name with dots as it stands (they often are addresses), else as a path."""
    if name in claims:
        return claims[name]
    found: Any = claims
    for member in name.split("."):
        found = found.get(member) if isinstance(found, dict) else None
    return found
