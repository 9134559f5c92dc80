"""The newest event alone decides what the row says: each of the twelve types, in the real flow."""

from collections.abc import Callable

from authpulse_contract.commands import FORGET, REFRESH, REMOVE, ForgetToken, RefreshNow, Remove
from authpulse_contract.connections import BroughtToken
from authpulse_contract.events import (
    ConnectCompleted,
    ConnectFailed,
    ConnectionState,
    ConnectStarted,
    RefreshDetail,
    RefreshFailedRevoked,
)
from authpulse_contract.secret import Secret
from support.declarations import NOT_SOON, brought, oauth
from support.events import ALIVE, DEAD, event
from support.idp import Answer, Client, Idp
from support.servers import until
from support.system import System

Row = dict[str, object]

NO_CODE: Row = {"idp_error_code": None}
GREEN: Row = {"has_oauth": True, "needs_reauth": False, "token_acquired": True, "refresh_failing": False, **NO_CODE}
RED: Row = {"has_oauth": True, "needs_reauth": True, "token_acquired": False, "refresh_failing": False, **NO_CODE}
AMBER: Row = {"has_oauth": True, "needs_reauth": False, "token_acquired": True, "refresh_failing": True, **NO_CODE}

# The retry must not come in between and be the newest event.
LATER = {"Content-Type": "application/json", "Retry-After": "600"}
OVERLOADED = Answer(status=503, body=b'{"error": "slow_down"}', headers=LATER)
NAMELESS = Answer(status=503, body=b"<html></html>", headers={"Retry-After": "600"})
REFUSED = Answer.error(400, "invalid_grant")


def refresh(system: System, client: Client, name: str, *answers: Answer) -> None:
    """Refresh now, once for each of the answers, or once with the IdP behaving."""
    client.next(*answers)
    for _ in answers or [None]:
        system.ask(REFRESH, RefreshNow(kind="api", name=name, actor="ada"))


def declare(system: System, client: Client, name: str, **members: object) -> None:
    """Declare it with a grant that is good and not due."""
    system.declare(oauth(client, name, token=brought(client, expires_in=NOT_SOON), **members))


def failing(system: System, client: Client, name: str) -> None:
    declare(system, client, name)
    refresh(system, client, name, OVERLOADED)


def refused(system: System, client: Client, name: str) -> None:
    declare(system, client, name)
    refresh(system, client, name, REFUSED)


def registered_anew_after_a_refusal(system: System, client: Client, name: str) -> None:
    refused(system, client, name)
    system.ask(REMOVE, Remove(kind="api", name=name, actor="ada", declared_by="file"))
    declare(system, client, name)


def changed_while_failing(system: System, client: Client, name: str) -> None:
    failing(system, client, name)
    # Another client at the IdP: whatever was stored is not its token.
    system.declare(oauth(client, name, client_id="another"))


def given_a_new_grant_after_a_refusal(system: System, client: Client, name: str) -> None:
    refused(system, client, name)
    declare(system, client, name)


def removed_after_a_refusal(system: System, client: Client, name: str) -> None:
    refused(system, client, name)
    system.ask(REMOVE, Remove(kind="api", name=name, actor="ada", declared_by="file"))


def succeeds_after_failing(system: System, client: Client, name: str) -> None:
    failing(system, client, name)
    refresh(system, client, name)


def fails_without_a_code_after_failing_with_one(system: System, client: Client, name: str) -> None:
    failing(system, client, name)
    refresh(system, client, name, NAMELESS)


def refused_after_failing(system: System, client: Client, name: str) -> None:
    failing(system, client, name)
    refresh(system, client, name, REFUSED)


def refused_without_a_code(system: System, client: Client, name: str) -> None:
    failing(system, client, name)
    refresh(system, client, name, Answer.error(401))


def runs_out_without_a_refresh_token(system: System, client: Client, name: str) -> None:
    token = BroughtToken(access_token=Secret(client.make_token("at")), expires_in=0.5)
    system.declare(oauth(client, name, token=token))


def passes_its_refresh_deadline_while_failing(system: System, client: Client, name: str) -> None:
    client.always(Answer.error(503, "slow_down"))
    system.declare(oauth(client, name, token=brought(client, refresh_expires_in=2.0)))


def forgotten_while_failing(system: System, client: Client, name: str) -> None:
    failing(system, client, name)
    system.ask(FORGET, ForgetToken(kind="api", name=name, actor="ada"))


def forgotten_after_a_refusal(system: System, client: Client, name: str) -> None:
    refused(system, client, name)
    system.ask(FORGET, ForgetToken(kind="api", name=name, actor="ada"))


Scenario = Callable[[System, Client, str], None]

TABLE: list[tuple[str, Scenario, Row | None]] = [
    ("connection_registered", declare, GREEN),
    ("connection_registered", registered_anew_after_a_refusal, GREEN),
    ("connection_changed", changed_while_failing, RED),
    ("connection_changed", given_a_new_grant_after_a_refusal, GREEN),
    ("connection_removed", removed_after_a_refusal, None),
    ("refresh_succeeded", succeeds_after_failing, GREEN),
    ("refresh_failed_transient", failing, AMBER | {"idp_error_code": "slow_down"}),
    ("refresh_failed_transient", fails_without_a_code_after_failing_with_one, AMBER),
    ("refresh_failed_revoked", refused, RED | {"idp_error_code": "invalid_grant"}),
    ("refresh_failed_revoked", refused_after_failing, RED | {"idp_error_code": "invalid_grant"}),
    ("refresh_failed_revoked", refused_without_a_code, RED | {"idp_error_code": "http_401"}),
    ("refresh_skipped_no_token", runs_out_without_a_refresh_token, RED),
    ("refresh_skipped_expired", passes_its_refresh_deadline_while_failing, RED),
    ("token_deleted_admin", forgotten_while_failing, RED),
    ("token_deleted_admin", forgotten_after_a_refusal, RED),
]


def test_each_event_that_the_refresher_publishes_leaves_the_row_as_the_table_says(system: System, idp: Idp) -> None:
    for number, (_, scenario, _) in enumerate(TABLE):
        scenario(system, idp.client(f"client-{number}", secret="s3cret"), name_of(number))

    def seen(number: int) -> tuple[str, Row | None]:
        expected = TABLE[number][2] or GREEN
        row, events = system.row(name_of(number)), system.events(name_of(number))
        newest = events[-1]["event_type"] if events else "none"
        return newest, row and {member: row.get(member) for member in expected}

    wanted = {name_of(number): (event_type, row) for number, (event_type, _, row) in enumerate(TABLE)}
    found = {}

    def settled() -> bool:
        found.update({name_of(number): seen(number) for number in range(len(TABLE))})
        return found == wanted

    try:
        until(settled, seconds=20)
    except AssertionError:
        assert found == wanted  # the difference is what one wants to read


def name_of(number: int) -> str:
    return f"{number:02}-{TABLE[number][1].__name__}"


def test_signing_in_clears_the_code_of_a_refusal_whether_it_is_begun_done_or_broken_off(system: System) -> None:
    cases: list[tuple[type[ConnectStarted | ConnectCompleted | ConnectFailed], ConnectionState, Row]] = [
        (ConnectStarted, DEAD, RED),
        (ConnectCompleted, ALIVE, GREEN),
        (ConnectFailed, DEAD, RED),
    ]
    code = RefreshDetail(idp_error_code="invalid_grant", error_class="revoked")
    for kind, state, expected in cases:
        name = kind.__name__
        system.publish(event(RefreshFailedRevoked, connection_name=name, version=1, state=DEAD, detail=code))
        system.until_row(name, RED | {"idp_error_code": "invalid_grant"})
        system.publish(event(kind, connection_name=name, version=2, state=state))
        system.until_row(name, expected)
