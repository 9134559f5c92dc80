"""The whole life of a grant, and then a search for each of its secrets in everything that the system wrote or told."""

import asyncio
from collections.abc import Set as AbstractSet
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import nats
import psycopg

from authpulse_contract.codec import to_json
from authpulse_contract.subjects import TOKENS_GET, inbox
from authpulse_contract.tokens import GetToken
from authpulse_refresher.storage.seal import KeyRing
from support.canary import around, bytes_of, dump, in_files
from support.collector import Collector
from support.eavesdropping import Overheard, may_hear, overhearing
from support.idp import Answer, Client, Delay, Idp, Manner, Sent
from support.system import ADMIN_TOKEN, System

CRM = "/api/v1/admin/connections/api/crm"
CALLBACK = "/api/v1/admin/oauth/callback"
SESSION = "/api/v1/session"

MADE_UP = {
    "client secret": "cAnArYsEcReT",
    "code": "cAnArYcOdE",
    "access token": "cAnArYaCcEsS",
    "refresh token": "cAnArYrEfReSh",
    "account": "cAnArYaCcOuNt",
    "admin token": ADMIN_TOKEN,
}
"""In every secret that does not come out of the system itself. The account is in the ID token."""
TOKENS = {"at": "access token", "rt": "refresh token", "code": "code"}

WAY_IN = {"client secret", "code", "state", "browser", "link"}
"""What commands carry to the refresher. The verifier never leaves it, tokens only on `auth.tokens.get`."""
HANDED_ON = {"state", "link"}
"""What the refresher gives health-api for whoever asked; the browser's own value comes from there."""
GIVEN = {
    f"POST {CRM}/oauth-start": {"state", "browser"},
    f"POST {CRM}/reconnect-link": {"link"},
    f"POST {SESSION}": {"session"},
    "GET /reconnect": {"link"},
    "POST /reconnect": {"state", "browser"},
}
"""The answers whose very purpose that is."""

_numbers = count()


def planted(kind: str) -> str:
    return f"{MADE_UP[TOKENS[kind]]}-{next(_numbers):06}"


class Secrets:
    """What to look for, by the name of what it is."""

    def __init__(self) -> None:
        self.known = {kind: {value} for kind, value in MADE_UP.items()}

    def note(self, kind: str, value: str) -> None:
        self.known.setdefault(kind, set()).add(value)

    def note_verifier(self, sent: Sent) -> Manner:
        """How the IdP treats an exchange."""
        self.note("verifier", sent.form["code_verifier"])
        return Delay(seconds=0)

    def refuse_with_all(self, sent: Sent) -> Manner:
        """How the worst IdP treats one."""
        self.note_verifier(sent)
        said = f"{sent.form['code']} {sent.form['code_verifier']} of {sent.secret}"
        return Answer.error(400, said, error_description=said, error_uri=said)

    def found_in(self, content: bytes, *, but: AbstractSet[str] = frozenset()) -> dict[str, list[bytes]]:
        """What of them is in `content`, save those that are meant to be."""
        sought = ((kind, value) for kind, values in self.known.items() if kind not in but for value in values)
        return {kind: where for kind, value in sought if (where := around(content, value))}


class Life:
    """Of `api/crm`, as an administrator and an owner live it; keeps every answer of ours with its head."""

    def __init__(self, system: System, crm: Client, secrets: Secrets) -> None:
        self.system, self.crm, self.secrets = system, crm, secrets
        self.answers: dict[str, bytes] = {}
        self.admin = self.browser(Authorization=f"Bearer {ADMIN_TOKEN}")

    def browser(self, **headers: str) -> httpx.Client:
        hooks = {"response": [self._note]}
        return httpx.Client(base_url=self.system.url, headers=headers, event_hooks=hooks, timeout=30)

    def _note(self, answer: httpx.Response) -> None:
        if not str(answer.url).startswith(self.system.url):
            return
        path = "/reconnect" if answer.url.path.startswith("/reconnect/") else answer.url.path
        head = "\n".join(f"{name}: {value}" for name, value in answer.headers.multi_items())
        told = f"{answer.status_code}\n{head}\n\n".encode() + answer.read()
        name = f"{answer.request.method} {path}"
        self.answers[name] = self.answers.get(name, b"") + told

    def ask(self, method: str, path: str, status: int, body: object = None) -> Any:
        answer = self.admin.request(method, f"{CRM}{path}", json=body)
        assert answer.status_code == status, answer.text
        return answer.json()

    def declare(self, secret: str, status: int) -> None:
        declared = {
            "grant": "authorization_code",
            "token_url": self.crm.token_url,
            "authorization_url": self.crm.authorization_url,
            "revocation_url": self.crm.revocation_url,
            "client_id": "crm",
            "client_secret": secret,
        }
        self.ask("PUT", "", status, declared)

    def start(self) -> str:
        """The address at the IdP; the cookie is with the admin's browser."""
        begun = self.ask("POST", "/oauth-start", 200, {})
        self.secrets.note("state", begun["state"])
        self._note_cookies(self.admin)
        return str(begun["authorization_url"])

    def _note_cookies(self, browser: httpx.Client) -> None:
        for cookie in browser.cookies.jar:
            if cookie.name.startswith("authpulse_sign_in") and cookie.value:
                self.secrets.note("browser", cookie.value)

    def come_back(self, browser: httpx.Client, address: str, status: int) -> str:
        """From the IdP, with what it says; the address of the callback, query and all."""
        back = httpx.get(address).headers["location"]
        answer = browser.get(back)
        assert answer.status_code == status, answer.text
        return str(back)

    def connect(self) -> None:
        self.crm.next(self.secrets.note_verifier)
        back = self.come_back(self.admin, self.start(), 302)
        assert self.admin.get(back).status_code == 400, "a state is good once"

    def fail(self) -> None:
        self.crm.next(self.secrets.refuse_with_all)
        self.come_back(self.admin, self.start(), 400)
        for query in ("", "?state=x", f"?state={MADE_UP['code']}&code={MADE_UP['code']}&error={MADE_UP['code']}"):
            assert self.admin.get(CALLBACK + query).status_code == 400

    def connect_as_owner(self) -> None:
        link = self.ask("POST", "/reconnect-link", 201, {})["url"].rpartition("/")[2]
        self.secrets.note("link", link)
        with self.browser() as owner:
            assert owner.get(f"/reconnect/{link}").status_code == 200
            page = owner.post("/reconnect", data={"link": link}).text
            address = page.split('<a href="')[1].split('"')[0].replace("&amp;", "&")
            (state,) = parse_qs(urlsplit(address).query)["state"]
            self.secrets.note("state", state)
            self._note_cookies(owner)
            self.crm.next(self.secrets.note_verifier)
            self.come_back(owner, address, 200)
            assert owner.get(f"/reconnect/{link}").status_code == 404

    def break_and_mend(self) -> None:
        self.ask("POST", "/reacquire-oauth", 200)
        self.declare(f"{MADE_UP['client secret']}/wrong", 200)
        self.ask("POST", "/reacquire-oauth", 409)
        self.system.until_row("crm", {"needs_reauth": True})
        self.declare(self.crm.secret, 200)
        self.system.until_row("crm", {"needs_reauth": False})
        self.crm.next(lambda sent: Answer.error(503, f"{sent.refresh_token} {sent.secret}"))
        self.ask("POST", "/reacquire-oauth", 502)

    def sign_in_here(self) -> None:
        with self.browser() as browser:
            assert browser.post(SESSION, json={"token": ADMIN_TOKEN}).status_code == 204
            self.secrets.note("session", browser.cookies["authpulse_session"].rpartition(".")[2])
            for path in ("/", "/incidents", "/connections/api/crm", "/openapi.json", SESSION, "/readyz"):
                assert browser.get(path).status_code == 200
            assert browser.post(SESSION, json={"token": f"{ADMIN_TOKEN}-or-so"}).status_code == 401
            assert browser.get(CRM.replace("crm", MADE_UP["code"]) + "/oauth-status").status_code == 404

    def read(self) -> None:
        for path in ("/oauth-status", "/auth-events"):
            self.ask("GET", path, 200)
        assert self.admin.get("/api/v1/admin/connections/oauth-health").status_code == 200
        assert self.admin.get("/api/v1/admin/connections/incidents").status_code == 200

    def disconnect(self) -> None:
        self.crm.refuses_revocation = True
        self.ask("DELETE", "/token", 200)


def note_pending_verifiers(system: System, secrets: Secrets) -> None:
    """Those of sign-ins that nobody has finished stand sealed in the vault."""
    ring = KeyRing({"test": b"k" * 32})
    with psycopg.connect(system.vault_url) as db:
        rows = db.execute("select sign_in_id, verifier from vault.sign_ins where verifier is not null").fetchall()
    assert rows
    for sign_in_id, sealed in rows:
        secrets.note("verifier", ring.open(sealed, sign_in_id, "verifier").reveal())


def get_token(system: System) -> None:
    async def get() -> bytes:
        bus = await nats.connect(system.nats.url, inbox_prefix=inbox("token-client"))
        try:
            return (await bus.request(TOKENS_GET, to_json(GetToken(kind="api", name="crm")), timeout=20)).data
        finally:
            await bus.close()

    assert MADE_UP["access token"].encode() in asyncio.run(get())


def operate(system: System, crm: Client, file: Path) -> bytes:
    """What the operator's command says, wrong uses included."""
    file.write_text(
        f"""[[connection]]
        kind = "api"
        name = "by-file"
        grant = "authorization_code"
        token_url = "{crm.token_url}"
        authorization_url = "{crm.authorization_url}"
        client_id = "crm"
        client_secret = {{ env = "S" }}
        """
    )
    uses = (
        ("apply", str(file), "--dry-run"),
        ("apply", str(file)),
        ("status",),
        ("status", "--json"),
        ("events",),
        ("events", "--json"),
        ("verify",),
    )
    said = [system.authpulse(*use, S=crm.secret) for use in uses]
    assert [one.returncode for one in said] == [0] * len(uses), said
    return "".join(one.stdout + one.stderr for one in said).encode()


def test_no_secret_of_a_grant_is_written_or_told_but_to_whom_it_belongs(
    traced_system: System, idp: Idp, collector: Collector, tmp_path: Path
) -> None:
    system, secrets = traced_system, Secrets()
    crm = idp.client("crm", secret=f"{MADE_UP['client secret']}/first+one", make_token=planted)
    crm.subject = MADE_UP["account"]
    life = Life(system, crm, secrets)
    with life.admin, overhearing(system.nats.url) as heard:
        life.declare(crm.secret, 201)
        life.connect()
        life.fail()
        life.connect_as_owner()
        life.break_and_mend()
        get_token(system)
        life.sign_in_here()
        life.start()
        note_pending_verifiers(system, secrets)
        said = operate(system, crm, tmp_path / "connections.toml")
        stored = dump(system.vault_url)
        in_vault = in_files(system.vault_url, _values(secrets))
        life.disconnect()
        life.read()
        system.until_row("crm", {"token_acquired": False})

    assert secrets.known.keys() == {*MADE_UP, "state", "browser", "link", "session", "verifier"}
    assert len(secrets.known["verifier"]) == 4
    written = {
        "logs": system.logs(),
        "metrics": b"".join(system.metrics().values()),
        "spans": b"".join(collector.bodies),
        "stream": bytes_of(system.folder / "nats"),
        "journal": bytes_of(system.folder / "spill"),
        "ledger": dump(system.ledger_url),
        "vault": stored,
        "vault without the grant": dump(system.vault_url),
        "operator": said,
    }
    for place in written.keys() - {"metrics", "journal"}:
        assert b"crm" in written[place], f"the search must find what is there, in {place} too"
    assert not {place: found for place, content in written.items() if (found := secrets.found_in(content))}
    assert in_files(system.vault_url, [crm.token_url]), "the search must find what is there"
    assert in_vault == {}
    assert in_files(system.ledger_url, _values(secrets)) == {}
    assert_told_to_whom_it_belongs(life.answers, secrets)
    assert_heard_by_whom_it_belongs_to(heard, secrets)


def _values(secrets: Secrets) -> list[str]:
    return [value for values in secrets.known.values() for value in values]


def assert_told_to_whom_it_belongs(answers: dict[str, bytes], secrets: Secrets) -> None:
    """HTTP: heads and bodies."""
    for name, given in GIVEN.items():
        assert secrets.found_in(answers[name]).keys() >= given, "the search must find what is there"
    leaks = {
        name: found
        for name, content in answers.items()
        if (found := secrets.found_in(content, but=GIVEN.get(name, frozenset())))
    }
    assert not leaks


def assert_heard_by_whom_it_belongs_to(heard: Overheard, secrets: Secrets) -> None:
    """NATS: subjects, headers and bodies."""
    assert not secrets.found_in("\n".join(subject for subject, _ in heard.messages).encode())
    assert not secrets.found_in(heard.below("auth.events.>"))
    assert not secrets.found_in(heard.below(*may_hear("health-api")), but=HANDED_ON)
    assert not secrets.found_in(heard.below("auth.commands.*"), but=WAY_IN)
    assert not secrets.found_in(heard.below(f"{inbox('token-client')}.>"), but={"access token"})
    known = ("auth.events.>", *may_hear("health-api"), "auth.commands.*", f"{inbox('token-client')}.>")
    assert not secrets.found_in(heard.beside(*known))
    assert secrets.found_in(heard.below("auth.commands.*")).keys() >= WAY_IN, "the search must find what is there"
    assert secrets.found_in(heard.below(*may_hear("health-api"))).keys() == HANDED_ON
