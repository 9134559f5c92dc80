"""What is stored of an answer: the new tokens, with what an answer leaves out taken from the old ones."""

from datetime import datetime, timedelta

from msgspec import structs

from authpulse_contract.connections import BroughtToken, OAuthConfig
from authpulse_contract.sanitise import sanitise
from authpulse_contract.secret import Secret
from authpulse_refresher.model import Connection, Issued, Tokens
from authpulse_refresher.verdict.lifetimes import end_of, jwt_life


def secrets_of(connection: Connection) -> tuple[Secret, ...]:
    """Every secret of the connection, to be masked in whatever a stranger sent about it."""
    tokens = grant_of(connection) or Tokens()
    held = (connection.client_secret, tokens.access_token, tokens.refresh_token)
    return tuple(secret for secret in held if secret is not None)


def grant_of(connection: Connection) -> Tokens | None:
    """What the IdP can be asked with: the live grant, else the one that is kept aside."""
    kept = connection.kept
    if connection.tokens is not None or kept is None:
        return connection.tokens
    return Tokens(refresh_token=kept.refresh_token, refresh_expires_at=kept.refresh_expires_at)


def store_issued(issued: Issued, before: Tokens | None, connection: Connection, *, now: datetime) -> Tokens:
    """The tokens after `issued`. `before` None: a new grant (a sign-in), which inherits nothing.

    An absent refresh token keeps the old one and its deadline, a present one replaces both. Without `expires_in` the
    life is the JWT's `exp`, else the last known one, else the connection's default: never endless (semantics 7).
    """
    oauth = connection.oauth
    if oauth is None:
        raise ValueError("tokens for a connection without OAuth")
    old = before or Tokens()
    said = issued.expires_in or jwt_life(issued.access_token.reveal(), now=now)
    lifetime = timedelta(seconds=said) if said else old.lifetime or timedelta(seconds=oauth.default_lifetime)
    tokens = Tokens(
        access_token=issued.access_token,
        expires_at=now + lifetime,
        lifetime=lifetime,
        scope=_shown_scope(issued, oauth, secrets_of(connection)) or old.scope,
    )
    if oauth.grant == "client_credentials":
        # RFC 6749 4.4.3: there should be none, and the next attempt proves the client anew anyway.
        return tokens
    return _with_refresh_token(tokens, issued, old, now=now)


def store_brought(brought: BroughtToken, connection: Connection, *, now: datetime) -> Tokens:
    """The tokens that an operator brings along. A lifetime of 0 is taken at its word: over now."""
    oauth = connection.oauth
    if oauth is None:
        raise ValueError("tokens for a connection without OAuth")
    tokens = Tokens()
    if brought.access_token is not None:
        life = brought.expires_in
        if life is None:
            life = jwt_life(brought.access_token.reveal(), now=now) or oauth.default_lifetime
        tokens = Tokens(
            access_token=brought.access_token, expires_at=end_of(now, life), lifetime=timedelta(seconds=life) or None
        )
    if oauth.grant == "client_credentials" or brought.refresh_token is None:
        return tokens
    life = brought.refresh_expires_in
    return structs.replace(
        tokens,
        refresh_token=brought.refresh_token,
        refresh_expires_at=end_of(now, life),
        refresh_lifetime=timedelta(seconds=life) if life else None,
    )


def _with_refresh_token(tokens: Tokens, issued: Issued, old: Tokens, *, now: datetime) -> Tokens:
    if issued.refresh_token is None:
        kept = (old.refresh_token, old.refresh_expires_at, old.refresh_lifetime)
    else:
        life = issued.refresh_expires_in
        kept = (issued.refresh_token, end_of(now, life), timedelta(seconds=life) if life else None)
    refresh_token, refresh_expires_at, refresh_lifetime = kept
    return structs.replace(
        tokens,
        refresh_token=refresh_token,
        refresh_expires_at=refresh_expires_at,
        refresh_lifetime=refresh_lifetime,
    )


def _shown_scope(issued: Issued, oauth: OAuthConfig, secrets: tuple[Secret, ...]) -> str | None:
    if issued.scope is None:
        return None
    granted = issued.scope.split()
    new = tuple(secret for secret in (issued.access_token, issued.refresh_token) if secret is not None)
    # A declared scope is the operator's own word, so that Google's, which are URLs, can be shown.
    declared = [scope for scope in oauth.scopes if scope in granted]
    others = sanitise(" ".join(scope for scope in granted if scope not in oauth.scopes), (*secrets, *new))
    return " ".join([*declared, others]).strip() or None
