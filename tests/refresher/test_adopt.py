"""What an IdP has answered is stored although its refresher is killed before the commit, and nothing is spent twice."""

import base64

from authpulse_contract.events import RefreshFailedTransient, type_of
from authpulse_refresher.storage.vault import Vault
from support.idp import Client, Delay, Idp
from support.outages import DatabaseOutage
from support.refreshers import Refreshers, row_locked, said
from support.vault import declared, outbox, registered, rows, stored
from support.waiting import eventually


async def history(vault: Vault) -> list[str]:
    return [type_of(event) for event in await outbox(vault)][1:]


async def asked(client: Client) -> int:
    return len(client.posts)


async def assert_stored_once(vault: Vault, client: Client) -> None:
    """The token that the IdP issued is the stored one, and no token was spent twice."""
    await eventually(lambda: history(vault), ["refresh_succeeded"])
    tokens = (await stored(vault)).tokens
    assert tokens
    assert tokens.refresh_token
    assert client.families[0].live == {tokens.refresh_token.reveal()}
    assert client.reuses == []
    assert await rows(vault, "select 1 from vault.due where attempt_id is not null") == []


async def test_an_answer_whose_refresher_is_killed_before_the_commit_is_stored_by_another(
    vault: Vault, vault_url: str, idp: Idp, refreshers: Refreshers
) -> None:
    client = idp.client("crm", secret="s")
    client.next(Delay(seconds=0.5))
    await registered(vault, declared(client))
    first = refreshers.start()
    await eventually(lambda: asked(client), 1)
    async with row_locked(vault_url):
        await eventually(refreshers.answers, 1)
        first.kill()
        refreshers.start()
    await assert_stored_once(vault, client)
    await eventually(refreshers.answers, 0)


async def test_an_answer_that_finds_the_database_away_outlives_its_refresher(
    vault: Vault, vault_url: str, idp: Idp, refreshers: Refreshers
) -> None:
    client, outage = idp.client("crm", secret="s"), DatabaseOutage(vault_url)
    client.next(Delay(seconds=0.5))
    await registered(vault, declared(client))
    first = refreshers.start()
    await eventually(lambda: asked(client), 1)
    outage.begin()
    await eventually(refreshers.answers, 1)
    first.kill()
    outage.end()
    refreshers.start()
    await assert_stored_once(vault, client)


async def test_an_attempt_killed_before_its_answer_came_is_taken_over_at_once(
    vault: Vault, idp: Idp, refreshers: Refreshers
) -> None:
    client = idp.client("crm", secret="s", grace=10.0)
    client.next(Delay(seconds=30.0))
    await registered(vault, declared(client))
    first = refreshers.start()
    await eventually(lambda: asked(client), 1)
    first.kill()
    refreshers.start()
    await eventually(lambda: history(vault), ["refresh_failed_transient", "refresh_succeeded"])
    failed = (await outbox(vault))[1]
    assert isinstance(failed, RefreshFailedTransient)
    assert (failed.detail.cause, failed.detail.outcome) == ("crash", "unknown")
    assert client.killed == 0


async def test_a_journal_under_another_key_is_kept_until_the_key_is_there(
    vault: Vault, vault_url: str, idp: Idp, refreshers: Refreshers
) -> None:
    client = idp.client("crm", secret="s")
    client.next(Delay(seconds=0.5))
    await registered(vault, declared(client))
    first = refreshers.start()
    await eventually(lambda: asked(client), 1)
    async with row_locked(vault_url):
        await eventually(refreshers.answers, 1)
        first.kill()
        stranger = refreshers.start(f"other:{base64.b64encode(b'x' * 32).decode()}")
        await eventually(lambda: said(stranger, "is kept"), wanted=True)
        stranger.kill()
    assert await refreshers.answers() == 1
    refreshers.start()
    await assert_stored_once(vault, client)
