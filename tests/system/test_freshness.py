"""What an IdP refuses is on everybody's screen at once."""

import time

from authpulse_contract.commands import REFRESH, RefreshNow
from support.declarations import NOT_SOON, brought, oauth
from support.idp import Answer, Idp
from support.system import System

GENEROUS = 5.0
"""Seconds. A busy machine is not to fail this; what is usual is measured in bench/."""


def test_a_refusal_is_in_the_bulk_answer_within_seconds_and_so_is_the_recovery(system: System, idp: Idp) -> None:
    client = idp.client("crm", secret="s3cret")
    system.declare(oauth(client, "crm", token=brought(client, expires_in=NOT_SOON)))
    system.until_row("crm", {"needs_reauth": False})
    for code in ("invalid_grant", "unauthorized_client"):
        client.next(Answer.error(400, code))
        system.ask(REFRESH, RefreshNow(kind="api", name="crm", actor="ada"))
        system.until_row("crm", {"needs_reauth": True, "idp_error_code": code})
        assert time.monotonic() - client.posts[-1].at < GENEROUS

        system.declare(oauth(client, "crm", token=brought(client, expires_in=NOT_SOON)))
        declared = time.monotonic()
        system.until_row("crm", {"needs_reauth": False, "idp_error_code": None})
        assert time.monotonic() - declared < GENEROUS
