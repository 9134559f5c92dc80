"""How a connection is declared: where its tokens come from and how the client proves itself there."""

from typing import Literal

from msgspec import Struct, field

from authpulse_contract.events import Grant
from authpulse_contract.secret import Secret

ClientAuth = Literal["basic", "basic_raw", "post", "none", "private_key_jwt"]
KeyAlgorithm = Literal["RS256", "PS256", "ES256", "ES384", "ES512", "EdDSA"]
DeclaredBy = Literal["file", "http"]


class OAuthConfig(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is not secret about an OAuth connection; times in seconds. Secrets travel beside it.

    `client_auth` as in RFC 6749 2.3.1 and RFC 7523; `basic_raw` skips the form encoding of id and secret for IdPs
    that do not decode it. `issuer` is where the endpoints that are not declared are looked up (RFC 8414, OpenID Connect
    Discovery 1.0); the refresher stores the `token_url` that it found.

    With `private_key_jwt` the assertion names the key by `client_key_id`, is signed with `client_key_alg` (else as fits
    the key, RSA with RS256) and is meant for `client_assertion_audience` (else the `token_url`). `client_cert_file`
    and `client_key_file` are the client's TLS certificate and its key as PEM (RFC 8705); as its only proof they go
    with `client_auth` "none". `resource` names what the tokens are for (RFC 8707).
    """

    grant: Grant
    client_id: str
    token_url: str = ""
    client_auth: ClientAuth = "basic"
    authorization_url: str | None = None
    revocation_url: str | None = None
    issuer: str | None = None
    scopes: tuple[str, ...] = ()
    refresh_max_lifetime: float | None = None
    default_lifetime: float = 3600.0
    terminal_codes: tuple[str, ...] = ()
    ca_file: str | None = None
    client_cert_file: str | None = None
    client_key_file: str | None = None
    client_key_id: str | None = None
    client_key_alg: KeyAlgorithm | None = None
    client_assertion_audience: str | None = None
    resource: tuple[str, ...] = ()
    allow_http: bool = False
    authorization_params: dict[str, str] = field(default_factory=dict)
    token_params: dict[str, str] = field(default_factory=dict)


class BroughtToken(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A grant that exists already; used only while none is stored. Lifetimes in seconds from now, None: unknown."""

    refresh_token: Secret | None = None
    access_token: Secret | None = None
    expires_in: float | None = None
    refresh_expires_in: float | None = None


class Declaration(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One connection as declared. `oauth` None: listed, but without OAuth.

    `client_key` is the private key as PEM that `private_key_jwt` signs with.
    """

    kind: str
    name: str
    oauth: OAuthConfig | None = None
    client_secret: Secret | None = None
    client_key: Secret | None = None
    token: BroughtToken | None = None

    @property
    def credential(self) -> Secret | None:
        """What the client proves itself with: its secret or its private key."""
        return self.client_secret if self.client_key is None else self.client_key
