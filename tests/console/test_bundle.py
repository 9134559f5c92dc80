"""The console's bundle as it is served: complete, and nothing in it that the strict CSP would have to let through."""

import re
from html.parser import HTMLParser
from importlib.resources import files

import pytest

_SITE = files("authpulse_health_api") / "site"
_PAGE = (_SITE / "index.html").read_text(encoding="utf-8")
_PARTS = ["assets/console.js", "assets/console.css", "assets/page.css"]


class _Tags(HTMLParser):
    """Gathers the tags of a page, and the text that stands inside scripts and styles."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.inline = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.cdata_elem:
            self.inline += data.strip()


def _read() -> _Tags:
    read = _Tags()
    read.feed(_PAGE)
    return read


def test_the_page_has_neither_inline_scripts_nor_inline_styles() -> None:
    read = _read()
    assert not read.inline
    assert not [tag for tag, attributes in read.tags if any(name == "style" or name[:2] == "on" for name in attributes)]


def test_whatever_the_page_asks_for_is_served_beside_it() -> None:
    asked = [attributes.get("src") or attributes.get("href") for _, attributes in _read().tags]
    paths = [path for path in asked if path]
    assert sorted(paths) == ["/assets/console.css", "/assets/console.js", "/assets/icon.svg"]
    assert all((_SITE / path[1:]).is_file() for path in paths)


@pytest.mark.parametrize("part", _PARTS)
def test_the_bundle_asks_for_nothing_from_elsewhere_and_evaluates_no_text(part: str) -> None:
    content = (_SITE / part).read_text(encoding="utf-8")
    assert not re.search(r"url\((?!['\"]?/assets/)|@import|\beval\(|new Function\(|sourceMappingURL", content)
    hosts = set(re.findall(r"https?://([a-z0-9.-]+)", content))
    # Names of XML namespaces, and the address in React's error messages; none is ever asked for.
    assert hosts <= {"www.w3.org", "react.dev"}
