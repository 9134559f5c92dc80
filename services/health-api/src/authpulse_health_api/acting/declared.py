"""A connection as declared over HTTP: the members of a connections file, its secrets written out. Pure."""

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct, field

from authpulse_contract.connections import BroughtToken, ClientAuth, Declaration, KeyAlgorithm, OAuthConfig
from authpulse_contract.durations import seconds
from authpulse_contract.secret import Secret
from authpulse_contract.validate import Problem, problems

Duration = Annotated[str, Meta(description='A number and w, d, h, m or s, such as "1h30m".', examples=["60d"])]
SecretText = Annotated[
    str,
    Meta(description="The secret itself; it is never sent back."),
]


class DeclaredToken(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A grant that exists already; used only while none is stored."""

    refresh_token: SecretText | None = None
    access_token: SecretText | None = None
    expires_in: Duration | None = None
    refresh_expires_in: Duration | None = None


class DeclaredConnection(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One connection, as a `[[connection]]` of a connections file declares it; kind and name are in the path."""

    grant: Literal["authorization_code", "client_credentials", "none"]
    client_id: str = ""
    token_url: str = ""
    authorization_url: str | None = None
    revocation_url: str | None = None
    issuer: str | None = None
    client_secret: SecretText | None = None
    client_auth: ClientAuth = "basic"
    scopes: tuple[str, ...] = ()
    refresh_max_lifetime: Duration | None = None
    default_lifetime: Duration = "1h"
    terminal_codes: tuple[str, ...] = ()
    ca_file: str | None = None
    client_cert_file: str | None = None
    client_key_file: str | None = None
    client_key: SecretText | None = None
    client_key_id: str | None = None
    client_key_alg: KeyAlgorithm | None = None
    client_assertion_audience: str | None = None
    resource: tuple[str, ...] = ()
    allow_http: bool = False
    authorization_params: dict[str, str] = field(default_factory=dict)
    token_params: dict[str, str] = field(default_factory=dict)
    token: DeclaredToken | None = None


def declaration(kind: str, name: str, body: DeclaredConnection) -> Declaration | list[Problem]:
    """The declaration, or everything that is wrong with it; no value is repeated."""
    faults: list[Problem] = []
    made = _without_oauth(kind, name, body, faults) if body.grant == "none" else _with_oauth(kind, name, body, faults)
    faults += problems(made)
    return faults or made


def _without_oauth(kind: str, name: str, body: DeclaredConnection, faults: list[Problem]) -> Declaration:
    plain = DeclaredConnection(grant="none")
    given = [each for each in body.__struct_fields__ if getattr(body, each) != getattr(plain, each)]
    faults += [Problem(member=each, detail='has no meaning with grant "none"') for each in given]
    return Declaration(kind=kind, name=name)


def _with_oauth(kind: str, name: str, body: DeclaredConnection, faults: list[Problem]) -> Declaration:
    members: dict[str, Any] = {each: getattr(body, each) for each in OAuthConfig.__struct_fields__}
    for each in ("refresh_max_lifetime", "default_lifetime"):
        span = _seconds(members.pop(each), each, faults)
        members |= {} if span is None else {each: span}
    config = OAuthConfig(**members)
    return Declaration(
        kind=kind,
        name=name,
        oauth=config,
        client_secret=_secret(body.client_secret),
        client_key=_secret(body.client_key),
        token=None if body.token is None else _token(body.token, faults),
    )


def _token(token: DeclaredToken, faults: list[Problem]) -> BroughtToken:
    return BroughtToken(
        refresh_token=_secret(token.refresh_token),
        access_token=_secret(token.access_token),
        expires_in=_seconds(token.expires_in, "token.expires_in", faults),
        refresh_expires_in=_seconds(token.refresh_expires_in, "token.refresh_expires_in", faults),
    )


def _secret(text: str | None) -> Secret | None:
    return None if text is None else Secret(text)


def _seconds(text: str | None, member: str, faults: list[Problem]) -> float | None:
    if text is None:
        return None
    try:
        return seconds(text)
    except ValueError:
        faults.append(Problem(member=member, detail='must be a duration such as "1h30m" or "60d"'))
        return None
