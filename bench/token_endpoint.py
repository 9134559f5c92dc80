"""`python bench/token_endpoint.py PORT`: a token endpoint at 127.0.0.1 to 127.0.0.10 that keeps no books.

`/MS/token` answers after so many milliseconds.
"""

import asyncio
import itertools
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from aiohttp import web

from support.servers import free_port

HOSTS: Final = tuple(f"127.0.0.{number}" for number in range(1, 11))

_numbers = itertools.count()


async def _token(request: web.Request) -> web.Response:
    await request.post()
    if pause := int(request.match_info["pause"]):
        await asyncio.sleep(pause / 1000)
    number = next(_numbers)
    return web.json_response({"access_token": f"at-{number}", "refresh_token": f"rt-{number}", "expires_in": 3600})


@asynccontextmanager
async def token_endpoint() -> AsyncIterator[int]:
    """The port of one that runs in a process of its own."""
    port = free_port()
    process = await asyncio.create_subprocess_exec(sys.executable, __file__, str(port))
    try:
        while True:
            try:
                _, writer = await asyncio.open_connection(HOSTS[-1], port)
            except OSError:
                await asyncio.sleep(0.05)
            else:
                writer.close()
                break
        yield port
    finally:
        process.terminate()
        await process.wait()


if __name__ == "__main__":
    app = web.Application()
    app.router.add_post("/{pause}/token", _token)
    web.run_app(app, host=HOSTS, port=int(sys.argv[1]), print=None, access_log=None)
