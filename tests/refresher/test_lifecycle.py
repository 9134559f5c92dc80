"""Given what is known, when a connection is declared, removed or forgotten, then this row and this event.

Longer than 200 lines because its tables of whole values are the specification, row by row.
"""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from authpulse_contract.commands import Refused
from authpulse_contract.connections import BroughtToken, Declaration, OAuthConfig
from authpulse_contract.events import (
    ChangeDetail,
    ConnectionChanged,
    ConnectionRegistered,
    ConnectionRemoved,
    LastRevocation,
    TokenDeletedAdmin,
    TokenDeletedDetail,
)
from authpulse_contract.secret import Secret
from authpulse_refresher.decision.conclude import state_of
from authpulse_refresher.decision.lifecycle import forget, register, remove
from authpulse_refresher.model import Connection, Decision, Tokens
from support.connections import (
    CLIENT_SECRET,
    CONFIG,
    CONNECTION_ID,
    EVENT_ID,
    MACHINE,
    NOW,
    TOKENS,
    after,
    connection,
    declaration,
    machine,
    tokens,
)

BROUGHT = BroughtToken(refresh_token=Secret("rt-brought"), refresh_expires_in=7200.0)
ADOPTED = Tokens(
    refresh_token=Secret("rt-brought"), refresh_expires_at=after(hours=2), refresh_lifetime=timedelta(hours=2)
)
OTHER_ID = structs.replace(CONFIG, client_id="other")


def registered(
    declared: Declaration, known: Connection | None, *, by: Any = "file", fingerprint: str | None = None
) -> Decision | Refused | None:
    return register(
        declared,
        known,
        connection_id=CONNECTION_ID,
        declared_by=by,
        fingerprint=fingerprint,
        now=NOW,
        event_id=EVENT_ID,
        actor="ada",
        jitter=0.5,
    )


def common(row: Connection) -> dict[str, Any]:
    """The members that an event of `row` has, whatever its kind."""
    return {
        "event_id": EVENT_ID,
        "connection_id": CONNECTION_ID,
        "connection_kind": "api",
        "connection_name": "crm",
        "version": row.version,
        "occurred_at": NOW,
        "actor": "ada",
        "state": state_of(row),
        "idp_host": "idp.example" if row.oauth else None,
    }


def fresh(**members: Any) -> Connection:
    """The row of `api/crm` as its first registration leaves it."""
    row = Connection(
        connection_id=CONNECTION_ID,
        kind="api",
        name="crm",
        version=1,
        generation=0,
        declared_by="file",
        oauth=CONFIG,
        client_secret=CLIENT_SECRET,
        needs_reauth=True,
    )
    return structs.replace(row, **members)


def with_token(declared: Declaration, token: BroughtToken = BROUGHT) -> Declaration:
    return structs.replace(declared, token=token)


@pytest.mark.parametrize(
    ("declared", "row"),
    [
        (declaration(), fresh()),
        (Declaration(kind="api", name="crm"), fresh(oauth=None, client_secret=None, needs_reauth=False)),
        (
            declaration(grant="client_credentials"),
            fresh(oauth=MACHINE, needs_reauth=False, due_at=NOW),
        ),
    ],
)
def test_a_first_registration_needs_a_sign_in_only_where_a_person_signs_in(
    declared: Declaration, row: Connection
) -> None:
    event = ConnectionRegistered(**common(row), detail=ChangeDetail(declared_by="file"))
    assert registered(declared, None) == Decision(after=row, event=event)


def test_a_brought_token_is_adopted_and_due_at_once() -> None:
    row = fresh(
        generation=1,
        tokens=ADOPTED,
        needs_reauth=False,
        authenticated_by="ada",
        authenticated_at=NOW,
        due_at=NOW,
        brought_fingerprint="f1",
    )
    event = ConnectionRegistered(**common(row), detail=ChangeDetail(tokens_brought=True, declared_by="file"))
    assert registered(with_token(declaration()), None, fingerprint="f1") == Decision(after=row, event=event)


def test_a_token_that_lasts_is_due_before_it_ends() -> None:
    lasting = BroughtToken(refresh_token=Secret("rt"), access_token=Secret("at"), expires_in=3600.0)
    decision = registered(with_token(declaration(), lasting), None, fingerprint="f1")
    assert isinstance(decision, Decision)
    assert decision.after.due_at == after(minutes=55, seconds=-150)


@pytest.mark.parametrize(
    "known",
    [
        connection(),
        connection(brought_fingerprint="f1", tokens=None, needs_reauth=True, due_at=None),
        connection(brought_fingerprint="another"),
    ],
)
def test_the_same_declaration_again_changes_nothing_and_revives_no_dead_token(known: Connection) -> None:
    assert registered(with_token(declaration()), known, fingerprint="f1") is None
    assert registered(declaration(), known) is None


def test_another_brought_token_is_adopted_while_none_is_stored() -> None:
    known = connection(
        brought_fingerprint="f1", tokens=None, needs_reauth=True, due_at=None, attempt=2, outcome_unknown=True
    )
    row = connection(
        version=8,
        generation=4,
        tokens=ADOPTED,
        authenticated_at=NOW,
        due_at=NOW,
        brought_fingerprint="f2",
    )
    detail = ChangeDetail(changed=("token",), tokens_brought=True, declared_by="file")
    expected = Decision(
        after=structs.replace(row, authenticated_by="ada"), event=ConnectionChanged(**common(row), detail=detail)
    )
    assert registered(with_token(declaration()), known, fingerprint="f2") == expected


@pytest.mark.parametrize(
    ("config", "changed"),
    [
        ({"token_url": "https://other.example/token"}, ("token_url",)),
        ({"client_id": "other"}, ("client_id",)),
        ({"client_id": "other", "scopes": ("x",)}, ("client_id", "scopes")),
    ],
)
def test_another_token_url_or_client_forgets_the_tokens(config: dict[str, Any], changed: tuple[str, ...]) -> None:
    known = connection(attempt=2, outcome_unknown=True, brought_fingerprint="f1")
    row = connection(
        version=8,
        generation=4,
        oauth=structs.replace(CONFIG, **config),
        tokens=None,
        needs_reauth=True,
        authenticated_by=None,
        authenticated_at=None,
        last_refreshed_at=None,
        last_revocation=LastRevocation(occurred_at=NOW, reason="connection_changed"),
        due_at=None,
        brought_fingerprint="f1",
    )
    members = common(row)
    if "token_url" in config:
        members["idp_host"] = "other.example"
    event = ConnectionChanged(
        **members, detail=ChangeDetail(changed=changed, tokens_forgotten=True, declared_by="file")
    )
    decision = registered(with_token(declaration(**config)), known, fingerprint="f1")
    assert decision == Decision(after=row, event=event)


def test_an_identity_that_changes_before_any_token_still_outdates_an_answer_under_way() -> None:
    decision = registered(declaration(client_id="other"), connection(tokens=None, needs_reauth=True, due_at=None))
    assert isinstance(decision, Decision)
    assert (decision.after.generation, decision.after.last_revocation) == (4, None)
    assert isinstance(decision.event, ConnectionChanged)
    assert not decision.event.detail.tokens_forgotten


def test_a_grant_that_becomes_the_client_s_own_is_due_at_once() -> None:
    decision = registered(declaration(grant="client_credentials"), connection())
    assert isinstance(decision, Decision)
    row = decision.after
    assert (row.tokens, row.needs_reauth, row.due_at, row.generation) == (None, False, NOW, 4)


def test_oauth_taken_away_forgets_the_tokens_without_calling_it_a_loss() -> None:
    decision = registered(Declaration(kind="api", name="crm"), connection())
    assert isinstance(decision, Decision)
    row = decision.after
    assert (row.oauth, row.tokens, row.needs_reauth, row.due_at, row.last_revocation) == (None, None, False, None, None)
    assert isinstance(decision.event, ConnectionChanged)
    assert decision.event.detail.changed == ("oauth", "client_secret")
    assert decision.event.detail.tokens_forgotten


def test_oauth_given_to_a_plain_connection_needs_a_sign_in() -> None:
    plain = connection(oauth=None, client_secret=None, tokens=None, due_at=None)
    decision = registered(declaration(), plain)
    assert isinstance(decision, Decision)
    assert (decision.after.needs_reauth, decision.after.due_at) == (True, None)
    assert isinstance(decision.event, ConnectionChanged)
    assert decision.event.detail == ChangeDetail(changed=("oauth", "client_secret"), declared_by="file")


NEW_SECRET = structs.replace(declaration(), client_secret=Secret("new"))


@pytest.mark.parametrize(
    ("declared", "known", "changed", "due"),
    [
        (NEW_SECRET, connection(due_at=after(hours=1)), "client_secret", NOW),
        (NEW_SECRET, connection(due_at=None, tokens=None, needs_reauth=True), "client_secret", None),
        (
            NEW_SECRET,
            connection(due_at=after(hours=1), tokens=tokens(refresh_token=None)),
            "client_secret",
            after(hours=1),
        ),
        (declaration(scopes=("x",)), connection(due_at=after(hours=1)), "scopes", after(hours=1)),
        (declaration(scopes=("x",)), connection(due_at=after(hours=1), attempt=1), "scopes", NOW),
        (
            declaration(refresh_max_lifetime=31 * 86_400.0),
            connection(due_at=after(hours=1)),
            "refresh_max_lifetime",
            NOW,
        ),
        (
            declaration(refresh_max_lifetime=90 * 86_400.0),
            connection(due_at=after(hours=9), tokens=tokens(expires_at=after(hours=1))),
            "refresh_max_lifetime",
            after(minutes=55, seconds=-150),
        ),
    ],
)
def test_a_change_makes_due_what_it_may_have_mended(
    declared: Declaration, known: Connection, changed: str, due: Any
) -> None:
    row = structs.replace(known, version=8, oauth=declared.oauth, client_secret=declared.client_secret, due_at=due)
    event = ConnectionChanged(**common(row), detail=ChangeDetail(changed=(changed,), declared_by="file"))
    assert registered(declared, known) == Decision(after=row, event=event)


def test_any_new_configuration_gives_a_refused_client_another_chance() -> None:
    refused = machine(tokens=None, needs_reauth=True, due_at=None)
    same = declaration(grant="client_credentials")
    assert registered(same, refused) is None
    for declared in (
        structs.replace(same, client_secret=Secret("new")),
        declaration(grant="client_credentials", scopes=("x",)),
    ):
        decision = registered(declared, refused)
        assert isinstance(decision, Decision)
        assert (decision.after.needs_reauth, decision.after.due_at) == (False, NOW)


def test_a_client_s_brought_token_is_used_until_it_ends_and_a_new_owner_alone_changes_no_schedule() -> None:
    brought = BroughtToken(access_token=Secret("at"), expires_in=60.0)
    refused = machine(tokens=None, needs_reauth=True, due_at=None)
    adopted = registered(with_token(declaration(grant="client_credentials"), brought), refused, fingerprint="f1")
    assert isinstance(adopted, Decision)
    assert (adopted.after.needs_reauth, adopted.after.tokens is None) == (False, False)
    taken_over = registered(declaration(grant="client_credentials"), structs.replace(refused, declared_by="http"))
    assert isinstance(taken_over, Decision)
    assert (taken_over.after.needs_reauth, taken_over.after.due_at) == (True, None)


def test_http_may_not_declare_what_a_file_declares() -> None:
    refusal = Refused(slug="conflict", detail="The connection is declared by a connections file; change it there.")
    assert registered(NEW_SECRET, connection(), by="http") == refusal
    assert registered(declaration(), connection(), by="http") == refusal
    dead = connection(tokens=None)
    assert registered(with_token(declaration()), dead, by="http", fingerprint="f1") == refusal


def test_a_file_takes_over_what_http_declared() -> None:
    row = connection(version=8)
    event = ConnectionChanged(**common(row), detail=ChangeDetail(changed=("declared_by",), declared_by="file"))
    known = connection(declared_by="http")
    assert registered(declaration(), known) == Decision(after=row, event=event)
    assert registered(declaration(), known, by="http") is None


def test_a_configuration_that_could_not_be_read_is_mended_by_declaring_it_again() -> None:
    decision = registered(declaration(), connection(configured=False))
    assert isinstance(decision, Decision)
    assert decision.after == connection(version=8)
    assert isinstance(decision.event, ConnectionChanged)
    assert decision.event.detail.changed == ("configured",)
    also = registered(declaration(scopes=("x",)), connection(configured=False))
    assert isinstance(also, Decision)
    assert isinstance(also.event, ConnectionChanged)
    assert also.event.detail.changed == ("scopes",)


def tombstone(**members: Any) -> Connection:
    """What is left of `connection()` once it is removed."""
    row = Connection(
        connection_id=CONNECTION_ID, kind="api", name="crm", version=8, generation=4, declared_by="file", removed=True
    )
    return structs.replace(row, **members)


def removed(known: Connection, by: Any = "file") -> Decision | Refused | None:
    return remove(known, declared_by=by, now=NOW, event_id=EVENT_ID, actor="ada")


def test_a_removal_leaves_a_tombstone_without_secrets() -> None:
    row = tombstone()
    detail = ChangeDetail(tokens_forgotten=True, declared_by="file")
    expected = Decision(after=row, event=ConnectionRemoved(**common(row), detail=detail))
    assert removed(connection(brought_fingerprint="f1")) == expected
    assert removed(row) is None
    bare = removed(connection(tokens=None))
    assert isinstance(bare, Decision)
    assert isinstance(bare.event, ConnectionRemoved)
    assert not bare.event.detail.tokens_forgotten


def test_neither_side_removes_what_the_other_declares() -> None:
    by_file = Refused(slug="conflict", detail="The connection is declared by a connections file; change it there.")
    by_http = Refused(slug="conflict", detail="The connection is declared by the HTTP interface; change it there.")
    assert removed(connection(), by="http") == by_file
    assert removed(connection(declared_by="http"), by="file") == by_http


def test_a_registration_after_a_removal_goes_on_counting_and_may_have_another_owner() -> None:
    row = fresh(version=9, generation=4, declared_by="http")
    event = ConnectionRegistered(**common(row), detail=ChangeDetail(declared_by="http"))
    assert registered(declaration(), tombstone(), by="http") == Decision(after=row, event=event)
    plain = registered(Declaration(kind="api", name="crm"), tombstone())
    assert isinstance(plain, Decision)
    assert plain.after == fresh(version=9, generation=4, oauth=None, client_secret=None, needs_reauth=False)


def forgotten(known: Connection, revoked: bool | None = None) -> Decision | Refused | None:
    return forget(known, revoked_at_idp=revoked, now=NOW, event_id=EVENT_ID, actor="ada")


@pytest.mark.parametrize("revoked", [None, True, False])
def test_a_forgotten_token_is_gone_for_good(revoked: bool | None) -> None:
    row = connection(
        version=8,
        generation=4,
        tokens=None,
        needs_reauth=True,
        due_at=None,
        last_revocation=LastRevocation(occurred_at=NOW, reason="token_deleted_admin"),
        brought_fingerprint="f1",
    )
    event = TokenDeletedAdmin(**common(row), detail=TokenDeletedDetail(revoked_at_idp=revoked))
    known = connection(attempt=1, outcome_unknown=True, brought_fingerprint="f1")
    assert forgotten(known, revoked) == Decision(after=row, event=event)


def test_an_admin_s_deletion_puts_a_refusal_to_rest_once() -> None:
    refused = connection(
        tokens=None, last_revocation=LastRevocation(occurred_at=after(days=-1), reason="invalid_grant")
    )
    put_to_rest = forgotten(refused)
    assert isinstance(put_to_rest, Decision)
    assert put_to_rest.after.last_revocation == LastRevocation(occurred_at=NOW, reason="token_deleted_admin")
    assert forgotten(put_to_rest.after) is None


def test_there_is_nothing_to_forget_without_a_token_or_without_oauth() -> None:
    assert forgotten(connection(tokens=None)) is None
    assert forgotten(connection(oauth=None, configured=False, tokens=None)) is None
    refusal = Refused(slug="not_oauth", detail="This connection has no OAuth and so no token.")
    assert forgotten(connection(oauth=None, tokens=None)) == refusal


_CONFIGS: st.SearchStrategy[OAuthConfig | None] = st.sampled_from(
    [None, CONFIG, MACHINE, OTHER_ID, structs.replace(CONFIG, scopes=("x",))]
)
_SECRETS = st.sampled_from([None, CLIENT_SECRET, Secret("new")])


@given(
    _CONFIGS,
    _SECRETS,
    st.builds(
        connection,
        oauth=_CONFIGS,
        client_secret=_SECRETS,
        tokens=st.sampled_from([None, TOKENS]),
        needs_reauth=st.booleans(),
        declared_by=st.sampled_from(["file", "http"]),
        attempt=st.integers(0, 3),
    ),
)
def test_the_laws_of_a_registration_hold_for_any_row(
    config: OAuthConfig | None, secret: Secret | None, known: Connection
) -> None:
    declared = Declaration(kind="api", name="crm", oauth=config, client_secret=secret)
    decision = registered(declared, known)
    if decision is None:
        assert (known.oauth, known.client_secret, known.declared_by) == (config, secret, "file")
        return
    assert isinstance(decision, Decision)
    row = decision.after
    assert (row.oauth, row.client_secret, row.version) == (config, secret, known.version + 1)
    assert registered(declared, row) is None
    same_identity = (
        known.oauth
        and config
        and (
            (known.oauth.token_url, known.oauth.client_id, known.oauth.grant)
            == (config.token_url, config.client_id, config.grant)
        )
    )
    if known.oauth != config and not same_identity:
        assert row.tokens is None
        assert row.generation == known.generation + 1
    else:
        assert (row.tokens, row.generation) == (known.tokens, known.generation)
