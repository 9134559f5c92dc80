"""What is wrong with the callback of a sign-in, before any IdP is asked (RFC 6749 4.1.2 and 10.12, RFC 9207 2.4)."""

from hmac import compare_digest

from authpulse_contract.connecting import CompleteSignIn, SignInFault
from authpulse_contract.sanitise import sanitise
from authpulse_refresher.decision.signing_in import Fault, SignIn, hashed
from authpulse_refresher.model import Connection
from authpulse_refresher.provider.issuers import is_from


def fault_of(command: CompleteSignIn, sign_in: SignIn, connection: Connection) -> Fault | None:
    """The first thing that is wrong; None: the code can be exchanged."""
    oauth = connection.oauth
    browser = hashed(command.browser) if command.browser is not None else b""
    endpoints = (oauth.token_url, oauth.authorization_url) if oauth else ()
    is_right_idp = is_from(command.iss, issuer=sign_in.issuer, required=sign_in.iss_required, endpoints=endpoints)
    checks: tuple[tuple[bool, SignInFault], ...] = (
        (not sign_in.spent, "used_state"),
        (not sign_in.void and oauth is not None, "connection_changed"),
        (not sign_in.expired, "expired_state"),
        (compare_digest(browser, sign_in.browser_hash), "other_browser"),
        (is_right_idp, "wrong_issuer"),
        (command.error is None, "idp_refused"),
        (command.code is not None and command.code.reveal() != "", "no_code"),
    )
    cause = next((cause for passed, cause in checks if not passed), None)
    if cause is None:
        return None
    if cause != "idp_refused":
        return Fault(cause=cause)
    secrets = [each for each in (connection.client_secret, command.state, command.code) if each is not None]
    return Fault(cause=cause, code=sanitise(command.error or "", secrets) or None)
