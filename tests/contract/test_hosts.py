"""Which host an endpoint belongs to."""

import pytest

from authpulse_contract.hosts import idp_host, is_loopback


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://IdP.Example/token", "idp.example"),
        ("https://idp.example:443/token", "idp.example"),
        ("http://idp.example:80/token", "idp.example"),
        ("http://idp.example:443/token", "idp.example:443"),
        ("https://idp.example:80/token", "idp.example:80"),
        ("http://127.0.0.1:8080/token", "127.0.0.1:8080"),
        ("https://[::1]/token", "[::1]"),
        ("https://[::1]:9/token", "[::1]:9"),
        ("https://user:pw@idp.example/token", "idp.example"),
        ("https:///token", None),
        ("token", None),
        ("https://idp.example:x/token", None),
        ("https://[::1/token", None),
    ],
)
def test_the_host_has_its_port_where_that_is_not_the_scheme_s_own(url: str, host: str | None) -> None:
    assert idp_host(url) == host


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("localhost", True),
        ("idp.localhost", True),
        ("127.0.0.1", True),
        ("127.255.0.9", True),
        ("::1", True),
        ("localhost.example", False),
        ("notlocalhost", False),
        ("128.0.0.1", False),
        ("::2", False),
        ("", False),
    ],
)
def test_only_what_never_leaves_the_machine_is_loopback(host: str, loopback: bool) -> None:
    assert is_loopback(host) is loopback
