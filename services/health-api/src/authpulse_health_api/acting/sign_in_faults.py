"""What to tell somebody whose sign-in gave no tokens, and what they can do about it. Pure."""

from typing import Final

from authpulse_contract.connecting import SignInFault, SignInRefused

_AGAIN: Final = "Go back to the connection and choose Connect again."
_BY_LINK: Final = "Open the link that you were sent once more. If that does not help, tell whoever sent it."
"""For an owner without an account here, who has no connection to go back to and no client to look after."""

_WORDS: Final[dict[SignInFault, tuple[str, str]]] = {
    "unknown_state": ("This sign-in is not known here. It may have ended more than a day ago.", _AGAIN),
    "used_state": ("This sign-in has been used already: each is good for one return.", _AGAIN),
    "expired_state": ("This sign-in took longer than ten minutes and has expired.", _AGAIN),
    "other_browser": (
        "This sign-in was begun in another browser, or under another address of this site.",
        "If you have not begun it yourself, somebody may be trying to connect an account of theirs: close this page. "
        "Otherwise choose Connect again and finish in the same browser.",
    ),
    "connection_changed": ("The connection was changed or removed while you signed in.", _AGAIN),
    "wrong_issuer": (
        "The answer did not come from the identity provider that you were sent to.",
        "Tell an administrator. If the provider has moved, its issuer has to be declared.",
    ),
    "idp_refused": ("The identity provider did not grant access.", "Choose Connect again and allow the access."),
    "no_code": ("The identity provider sent you back without a code.", _AGAIN),
    "code_refused": (
        "The identity provider did not exchange the code for tokens.",
        "Check the client's id, secret and way to authenticate, and that this site's callback is registered there. "
        "Then choose Connect again.",
    ),
    "no_answer": ("The identity provider did not answer.", "Choose Connect again in a moment."),
    "interrupted": ("The exchange of the code was interrupted here.", _AGAIN),
    "bad_id_token": (
        "The identity provider vouched for another client, another issuer or another time.",
        "Tell an administrator; the clocks, the client id and the issuer are to be checked.",
    ),
    "other_account": (
        "You signed in with another account than the one that was connected before.",
        "Sign in with that account, or have an administrator confirm the change of account when connecting.",
    ),
    "not_stored": (
        "The tokens could not be stored; those that were there before are untouched.",
        "Tell an administrator to look at the log of the refresher. Then choose Connect again.",
    ),
}


def words(refused: SignInRefused) -> list[str]:
    """Paragraphs, not escaped yet: what happened, to which connection, what the IdP said, and what to do."""
    what, then = _WORDS[refused.fault]
    told = [what]
    if refused.kind is not None and refused.name is not None:
        told.append(f"Connection: {refused.kind}/{refused.name}.")
    if refused.idp_error_code is not None:
        told.append(f"The identity provider said: {refused.idp_error_code}")
    is_owner = refused.kind is not None and not refused.return_to
    return [*told, _BY_LINK if is_owner and refused.fault != "other_browser" else then]
