"""Where a browser may be sent after a sign-in: nowhere but here."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authpulse_health_api.acting.return_path import LONGEST, is_local, is_return_path


@pytest.mark.parametrize(
    "path",
    ["/", "/incidents", "/connections/api/crm", "/connections/api/a%2Fb", "/?q=a&state=reauth", "/a@b:c", "/%3Cb%3E"],
)
def test_a_path_of_this_site_is_let_pass(path: str) -> None:
    assert is_return_path(path)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "evil.example",
        "https://evil.example",
        "https:evil.example",
        "//evil.example",
        "///evil.example",
        "////evil.example/..",
        "/\\evil.example",
        "\\\\evil.example",
        "\\/evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        "/\r\nLocation: https://evil.example",
        "\t//evil.example",
        " //evil.example",
        "/ /evil.example",
        "/%2f%2fevil.example/..%2f",
        "/%2Fevil.example",
        "/%5cevil.example",
        "/%255cevil.example",
        "/%09/evil.example",
        "/%0d%0aSet-Cookie:a=b",
        "/.//evil.example",
        "/..//evil.example",
        "/%2e%2e//evil.example",
        "/%252e%252e/x",
        "/a/../../x",
        "/a#//evil.example",
        "/\u2028evil",
        "/\uff0fevil.example",
        "/\x00",
        "javascript:alert(1)",
        "data:text/html,x",
        "@evil.example",
        "?x",
        "/" + "a" * LONGEST,
    ],
)
def test_what_could_lead_elsewhere_is_refused(path: str) -> None:
    assert not is_return_path(path)


@given(st.text(alphabet="/\\.%2f5c:ae@ \t\n\u2215", max_size=12))
def test_what_passes_begins_with_one_slash_however_often_it_is_decoded(path: str) -> None:
    if is_return_path(path):
        assert path.startswith("/")
        assert not path.startswith("//")
        assert is_local(path)
        assert "\\" not in path
