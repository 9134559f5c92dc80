"""What the IdP knows: clients, token families (RFC 9700 4.14.2), and every POST that it was sent."""

import secrets
import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from support.idp.manners import Manner, Scripted, Sent

Auth = Literal["basic", "basic_raw", "post", "none", "private_key_jwt"]
Rotation = Literal["strict", "previous_only", "none"]


@dataclass(frozen=True, kw_only=True)
class Post:
    """One POST: `outcome` is `issued`, the code of a refusal, or the name of the scripted manner.

    `reused`: the refresh token had been spent before. `obeyed`: tokens were issued, whether or not the answer says so.
    """

    at: float
    refresh_token: str | None
    outcome: str
    reused: bool
    obeyed: bool


@dataclass(kw_only=True)
class Code:
    """An authorization code: good once, for the redirect address and the PKCE challenge that it was asked with."""

    redirect_uri: str
    challenge: str
    scope: str


@dataclass(kw_only=True)
class Family:
    """All refresh tokens that descend from one grant; `spent` maps each used one to the time of its first use."""

    live: set[str]
    spent: dict[str, float] = field(default_factory=dict)
    killed: bool = False

    @property
    def newest_spent(self) -> str | None:
        return next(reversed(self.spent), None)


@dataclass(kw_only=True)
class Client:
    """One client of the IdP with a token endpoint of its own; every member may be changed at any time.

    `rotation` "strict": each refresh token works once; presented again later than `grace` seconds after its first use
    it kills its family. "previous_only": beside the live token its own predecessor is taken, however late, and an older
    one kills the family. "none": one refresh token for ever, repeated in no answer. Lives are in seconds.

    Whoever is sent to `authorization_url` is sent back at once with a code, `answer_authorization` laid over the proper
    answer; `iss`: with `iss` too (RFC 9207). `subject`: who that is, said in an ID token over which `id_claims`
    are laid. `scope`: said to be granted. `revoked`: the tokens sent to `revocation_url`.
    """

    client_id: str
    secret: str
    token_url: str
    auth: Auth = "basic"
    rotation: Rotation = "strict"
    grace: float = 0.0
    access_life: float | None = 3600.0
    refresh_life: float | None = None
    make_token: Callable[[str], str] = field(default=lambda kind: f"{kind}-{secrets.token_urlsafe(24)}")
    iss: bool = False
    subject: str | None = None
    id_claims: dict[str, object] = field(default_factory=dict)
    scope: str | None = None
    codes: dict[str, Code] = field(default_factory=dict)
    answer_authorization: dict[str, str] = field(default_factory=dict)
    revoked: list[str] = field(default_factory=list)
    refuses_revocation: bool = False
    public_key: bytes = b""
    """PEM; checks what `private_key_jwt` brings. The ids that it has brought are in `assertions`."""
    assertions: set[str] = field(default_factory=set)
    families: list[Family] = field(default_factory=list)
    posts: list[Post] = field(default_factory=list)
    _script: deque[Scripted] = field(default_factory=deque)
    _standing: Scripted | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def issuer(self) -> str:
        return self.token_url.removesuffix("/token")

    @property
    def authorization_url(self) -> str:
        return f"{self.issuer}/authorize"

    @property
    def revocation_url(self) -> str:
        return f"{self.issuer}/revoke"

    def new_code(self, code: Code) -> str:
        with self._lock:
            name = self.make_token("code")
            self.codes[name] = code
            return name

    def use_code(self, name: str) -> Code | None:
        """The code, which is spent by this."""
        with self._lock:
            return self.codes.pop(name, None)

    def issue(self) -> str:
        """The refresh token of a new grant."""
        with self._lock:
            token = self.make_token("rt")
            self.families.append(Family(live={token}))
            return token

    def next(self, *script: Scripted) -> None:
        """Treat the next POSTs so, one each; afterwards as `always` says, else properly."""
        with self._lock:
            self._script.extend(script)

    def always(self, manner: Scripted | None) -> None:
        """Treat every POST so from now on; None: properly again."""
        with self._lock:
            self._standing = manner

    @property
    def tally(self) -> Counter[str]:
        """How often each outcome came."""
        return Counter(post.outcome for post in list(self.posts))

    @property
    def reuses(self) -> list[Post]:
        """The POSTs that brought a refresh token which had been spent before."""
        return [post for post in list(self.posts) if post.reused]

    @property
    def killed(self) -> int:
        """How many families are dead by reuse."""
        return sum(family.killed for family in self.families)

    def manner_for(self, sent: Sent) -> Manner | None:
        """How to treat this POST; None: properly. Uses up one step of the script."""
        with self._lock:
            scripted = self._script.popleft() if self._script else self._standing
        return scripted(sent) if callable(scripted) else scripted

    def redeem(self, token: str | None) -> tuple[str | None, bool]:
        """Spend a refresh token: (the successor, or None where it is refused; whether it had been spent before)."""
        now = time.monotonic()
        with self._lock:
            family = next((f for f in self.families if token in f.live or token in f.spent), None)
            if family is None or token is None:
                return None, False
            first_use = family.spent.get(token)
            if family.killed:
                return None, first_use is not None
            if self.rotation == "none":
                return token, False
            previous = self.rotation == "previous_only" and token == family.newest_spent
            if first_use is not None and not previous and now - first_use > self.grace:
                family.killed = True
                return None, True
            family.spent.setdefault(token, now)
            family.live.discard(token)
            successor = self.make_token("rt")
            if self.rotation == "previous_only":
                family.live.clear()
            family.live.add(successor)
            return successor, first_use is not None
