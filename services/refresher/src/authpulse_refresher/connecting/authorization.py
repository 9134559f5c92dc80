"""The address that somebody who signs in is sent to (RFC 6749 4.1.1, RFC 7636 4.3)."""

from urllib.parse import urlencode, urlsplit, urlunsplit

from authpulse_contract.connections import OAuthConfig
from authpulse_contract.secret import Secret
from authpulse_refresher.connecting.pkce import METHOD


def authorization_address(
    oauth: OAuthConfig, endpoint: str, *, redirect_uri: str, state: Secret, challenge: str
) -> str:
    """`endpoint`, whose own query is kept, with the request in it. Our members win over the operator's."""
    scope: dict[str, object] = {"scope": " ".join(oauth.scopes)} if oauth.scopes else {}
    if oauth.resource:
        scope["resource"] = oauth.resource
    ours = {
        "response_type": "code",
        "client_id": oauth.client_id,
        "redirect_uri": redirect_uri,
        "state": state.reveal(),
        "code_challenge": challenge,
        "code_challenge_method": METHOD,
    }
    parts = urlsplit(endpoint)
    query = "&".join(
        each for each in (parts.query, urlencode(scope | oauth.authorization_params | ours, doseq=True)) if each
    )
    return urlunsplit(parts._replace(query=query))
