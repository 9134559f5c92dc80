"""Pages for people who come from an IdP or by a link: plain, every value escaped, nothing but text and forms. Pure."""

from html import escape
from typing import Final, Literal

_PAGE: Final = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="/assets/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/assets/page.css">
{head}<title>{title} - authpulse</title>
<header><img src="/assets/icon.svg" width="24" height="24" alt="">authpulse</header>
<main class="{tone}">
<h1>{title}</h1>
{body}
</main>
</html>
"""

SAYS_ITS_ORIGIN: Final = '<meta name="referrer" content="same-origin">\n'
"""Without it, `Referrer-Policy: no-referrer` makes browsers send `Origin: null` with a form of the page."""


def page(
    title: str, *paragraphs: str, body: str = "", head: str = "", tone: Literal["good", "bad", "plain"] = "plain"
) -> bytes:
    """A page; `title` and `paragraphs` are escaped here, `body` and `head` are HTML already."""
    text = "\n".join(f"<p>{escape(paragraph)}</p>" for paragraph in paragraphs)
    return _PAGE.format(title=escape(title), body=f"{text}\n{body}".strip(), head=head, tone=tone).encode()


def link(address: str, text: str) -> str:
    """An anchor."""
    return f'<p><a href="{escape(address)}">{escape(text)}</a></p>'


def button(text: str, action: str, **members: str) -> str:
    """A form that posts `members` to the path `action`."""
    hidden = "".join(f'<input type="hidden" name="{escape(name)}" value="{escape(members[name])}">' for name in members)
    return f'<form method="post" action="{escape(action)}">{hidden}<button>{escape(text)}</button></form>'


def moving_on(address: str) -> str:
    """Sends the browser on. `form-action` would forbid to do so in the answer to a form."""
    return f'<meta http-equiv="refresh" content="0;url={escape(address)}">\n'
