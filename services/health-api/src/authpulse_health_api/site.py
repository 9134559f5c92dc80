"""Serves the files of the console, read once at start."""

import mimetypes
from collections.abc import Iterator
from hashlib import blake2b
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Annotated, Final

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, HeaderParameter
from msgspec import Struct

from authpulse_health_api.health.conditional import is_current
from authpulse_health_api.problems import Problem, Slug

_ENTRY: Final = "index.html"


class File(Struct, frozen=True, kw_only=True):
    """One file as it is sent."""

    content: bytes
    media_type: str
    etag: str


def site_routes() -> list[HTTPRouteHandler]:
    """The handlers of the console's page and of the files below `assets`."""
    known = dict(_files(files("authpulse_health_api") / "site", ""))

    # The console's own pages: it finds out from the address which one to show.
    @get(["/", "/incidents", "/connections/{kind:str}/{name:str}"], include_in_schema=False)
    async def page(
        if_none_match: Annotated[str | None, HeaderParameter(name="If-None-Match")] = None,
    ) -> Response[bytes]:
        return _send(known[_ENTRY], if_none_match)

    @get("/assets/{path:path}", include_in_schema=False)
    async def asset(
        path: FromPath[str], if_none_match: Annotated[str | None, HeaderParameter(name="If-None-Match")] = None
    ) -> Response[bytes]:
        found = known.get(f"assets{path}")
        if found is None:
            raise Problem(Slug.UNKNOWN_PATH)
        return _send(found, if_none_match)

    return [page, asset]


def _send(file: File, if_none_match: str | None) -> Response[bytes]:
    headers = {"ETag": file.etag, "Cache-Control": "no-cache"}
    if is_current(if_none_match, file.etag):
        return Response(b"", status_code=304, headers=headers)
    return Response(file.content, media_type=file.media_type, headers=headers)


def _files(folder: Traversable, prefix: str) -> Iterator[tuple[str, File]]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _files(entry, f"{prefix}{entry.name}/")
            continue
        content = entry.read_bytes()
        media_type = mimetypes.guess_type(entry.name)[0] or "application/octet-stream"
        if media_type.startswith("text/"):
            media_type += "; charset=utf-8"
        etag = f'"{blake2b(content, digest_size=16).hexdigest()}"'
        yield prefix + entry.name, File(content=content, media_type=media_type, etag=etag)
