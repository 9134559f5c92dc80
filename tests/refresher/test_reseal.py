"""Everything sealed comes under the active key while refreshing goes on, and nothing is lost or moved by it."""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from msgspec import structs

from authpulse_chassis.fitness import Pulse
from authpulse_contract.commands import Refused, Reply, Reseal, Resealed
from authpulse_contract.connections import Declaration
from authpulse_contract.secret import Secret
from authpulse_refresher.commanding.reseal import reseal
from authpulse_refresher.provider.wire import Wires
from authpulse_refresher.refreshing.attempt import Attempts
from authpulse_refresher.refreshing.refresh import Refresher
from authpulse_refresher.storage.seal import KeyRing
from authpulse_refresher.storage.vault import Vault
from support.idp import Idp
from support.vault import declared, registered, rows, stored

OLD, NEW, LOST = b"k" * 32, b"n" * 32, b"l" * 32
BOTH = KeyRing({"new": NEW, "test": OLD})


@pytest.fixture
def rotated(vault: Vault) -> Vault:
    """The vault under its old key, seen by a refresher that has a newer one."""
    return structs.replace(vault, ring=BOTH)


async def whole(vault: Vault, *, limit: int = 3) -> list[Reply]:
    """The replies to one run, page by page."""
    replies = [await reseal(vault, Reseal(limit=limit))]
    while isinstance(replies[-1], Resealed) and replies[-1].after:
        replies.append(await reseal(vault, Reseal(after=replies[-1].after, key=replies[-1].key, limit=limit)))
    return replies


async def test_every_value_comes_under_the_active_key_a_page_at_a_time(vault: Vault, rotated: Vault, idp: Idp) -> None:
    for number in range(7):
        await registered(vault, declared(idp.client(f"c{number}", secret=f"s{number}"), name=f"c{number}"))
    await registered(vault, Declaration(kind="api", name="plain"))
    kept = await stored(vault, "c0")
    sealed = vault.ring.seal(Secret("kept"), kept.connection_id, "kept_refresh_token")
    await rows(
        vault,
        "insert into vault.kept_tokens values (%(row)s, %(sealed)s, null, now() + interval '1 day')",
        row=kept.connection_id,
        sealed=sealed,
    )
    before = {f"c{number}": await stored(vault, f"c{number}") for number in range(7)}
    pages = [page for page in await whole(rotated) if isinstance(page, Resealed)]
    assert sum(page.resealed for page in pages) == 15
    assert [(page.after is None, page.left) for page in pages] == [(False, {}), (False, {}), (True, {})]
    only_new = structs.replace(vault, ring=KeyRing({"new": NEW}))
    assert {name: await stored(only_new, name) for name in before} == before
    assert await whole(rotated) == [Resealed(key="new", resealed=0)]
    (hashes,) = await rows(vault, "select count(distinct substr(refresh_token_hash, 1, 5)) as kinds from vault.tokens")
    assert hashes["kinds"] == 1


async def test_what_is_under_an_unknown_key_or_altered_stays_as_it_is_and_is_counted(
    vault: Vault, rotated: Vault, idp: Idp
) -> None:
    for name in ("lost", "altered", "good"):
        await registered(vault, declared(idp.client(name, secret="s"), name=name))
    foreign = KeyRing({"lost": LOST}).seal(Secret("s"), (await stored(vault, "lost")).connection_id, "client_secret")
    await rows(vault, "update vault.connections set client_secret = %(foreign)s where name = 'lost'", foreign=foreign)
    await rows(
        vault,
        "update vault.connections set client_secret = set_byte(client_secret, 20, get_byte(client_secret, 20) # 1) "
        "where name = 'altered'",
    )
    await rows(
        vault,
        "update vault.tokens set refresh_token = 'plain' from vault.connections c "
        "where c.connection_id = tokens.connection_id and c.name = 'altered'",
    )
    before = await rows(vault, "select name, client_secret from vault.connections where name <> 'good' order by name")
    assert await whole(rotated, limit=100) == [
        Resealed(key="new", resealed=3, left={"": 1, "lost": 1, "test": 1}, unknown_keys=("lost",))
    ]
    after = await rows(vault, "select name, client_secret from vault.connections where name <> 'good' order by name")
    assert after == before


@pytest.mark.parametrize(
    "moved",
    [
        ("connections", "client_secret", "select client_secret from vault.connections where name = 'b'"),
        (
            "tokens",
            "refresh_token",
            "select refresh_token from vault.tokens t join vault.connections c using (connection_id) where name = 'b'",
        ),
        (
            "tokens",
            "access_token",
            "select refresh_token from vault.tokens t join vault.connections c using (connection_id) where name = 'a'",
        ),
    ],
)
async def test_a_value_moved_to_another_row_or_column_is_refused_and_never_resealed_there(
    vault: Vault, rotated: Vault, idp: Idp, moved: tuple[str, str, str]
) -> None:
    table, column, source = moved
    for name in ("a", "b"):
        await registered(vault, declared(idp.client(name, secret="s"), name=name))
    await rows(
        vault,
        f"update vault.{table} set {column} = ({source}) "  # noqa: S608 -- the test's own words
        "where connection_id = (select connection_id from vault.connections where name = 'a')",
    )
    assert not (await stored(vault, "a")).configured
    (page,) = await whole(rotated, limit=100)
    assert isinstance(page, Resealed)
    assert page.left == {"test": 1}
    assert not (await stored(rotated, "a")).configured


async def test_refreshers_that_do_not_have_the_same_active_key_are_not_let_to_undo_each_other(vault: Vault) -> None:
    reply = await reseal(vault, Reseal(key="new", after=uuid4()))
    assert isinstance(reply, Refused)
    assert (reply.slug, "'test', another's 'new'" in reply.detail) == ("conflict", True)


async def test_no_sealed_column_is_forgotten(vault: Vault) -> None:
    """A new column of bytes is either resealed or no secret: whoever adds one decides here."""
    found = await rows(
        vault,
        "select table_name || '.' || column_name as place from information_schema.columns "
        "where table_schema = 'vault' and data_type = 'bytea'",
    )
    resealed = {"connections.client_secret", "tokens.access_token", "tokens.refresh_token"}
    resealed |= {"kept_tokens.kept_refresh_token"}
    hashes = {"tokens.refresh_token_hash", "due.attempt_token_hash", "owner_links.link_hash"}
    hashes |= {f"sign_ins.{name}_hash" for name in ("state", "browser", "link")}
    gone_in_ten_minutes = {"sign_ins.verifier"}
    assert {row["place"] for row in found} == resealed | hashes | gone_in_ten_minutes


@pytest.fixture
async def refreshing(rotated: Vault) -> AsyncIterator[Refresher]:
    wires, stop = Wires(), asyncio.Event()
    attempts = Attempts(vault=rotated, wires=wires, deadline=5.0)
    refresher = Refresher(attempts, in_flight=32, per_host=32, poll_interval=0.02, pulse=Pulse())
    running = asyncio.create_task(refresher.run(stop))
    yield refresher
    stop.set()
    refresher.wake()
    await running
    await wires.close()


@pytest.mark.usefixtures("refreshing")
async def test_no_token_is_lost_to_a_reseal_while_everything_is_being_refreshed(
    vault: Vault, rotated: Vault, idp: Idp
) -> None:
    clients = {f"c{number}": idp.client(f"c{number}", secret="s", access_life=0.2) for number in range(40)}
    for name, client in clients.items():
        await registered(vault, declared(client, name=name))
    # Whatever a refresh has stored meanwhile is under the new key; the old one comes back to be resealed over and over.
    async with asyncio.timeout(60):
        while any(len(client.posts) < 4 for client in clients.values()):
            for name in clients:
                await put_back(vault, name)
            pages = await whole(rotated, limit=7)
            assert isinstance(pages[-1], Resealed), pages
            assert pages[-1].left == {}
    for client in clients.values():
        client.access_life = 86_400.0
    for name, client in clients.items():
        assert client.reuses == [], "a reseal brought a spent token back"
        kept = (await stored(rotated, name)).tokens
        assert kept
        assert kept.refresh_token
        (family,) = client.families
        assert kept.refresh_token.reveal() in family.live | family.spent.keys()


async def put_back(vault: Vault, name: str) -> None:
    """Seal the client's secret under the old key again."""
    (row,) = await rows(vault, "select connection_id from vault.connections where name = %(name)s", name=name)
    sealed = KeyRing({"test": OLD}).seal(Secret("s"), row["connection_id"], "client_secret")
    await rows(
        vault,
        "update vault.connections set client_secret = %(sealed)s where connection_id = %(row)s",
        sealed=sealed,
        row=row["connection_id"],
    )
