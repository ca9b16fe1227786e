"""The application of `gex serve`: what is asked under which address, and who may ask."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.middleware import Middleware

from gex.cli.serve import api, events, openapi, problems
from gex.cli.serve.events import Broker
from gex.cli.serve.pages import routes as pages
from gex.cli.serve.security import Guard
from gex.cli.serve.shelf import Shelf
from gex.cli.serve.tokens import Lock

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from gex.cli.serve.site import Site

LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})


def app_of(site: Site, *, token: str | None = None, hosts: frozenset[str] = LOOPBACK) -> Starlette:
    """Return the application over a site.

    Handlers find the site's figures in `request.app.state.shelf` (`gex.cli.serve.shelf.Shelf`, which has `.site` and
    `.catalog`), and raise what `gex.cli.serve.problems` turns into an answer. `app.state.broker` tells open pages what
    arrives (`gex.cli.serve.events`); its `end` ends their streams, which nothing else does.

    Args:
        site: What the server was started with.
        token: What a client must show; None for a server on this machine's own address.
        hosts: Host headers that requests may have: `gex.cli.serve.security.hosts_of`.

    """
    shelf = Shelf(site)
    broker = Broker(shelf)

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        try:
            yield
        finally:
            broker.end()
            shelf.close()

    app = Starlette(
        routes=[*api.ROUTES, *openapi.ROUTES, *events.ROUTES, *pages.ROUTES],
        middleware=[Middleware(Guard, hosts=hosts, lock=Lock(token) if token else None)],
        exception_handlers=problems.HANDLERS,
        lifespan=lifespan,
    )
    app.state.shelf, app.state.broker = shelf, broker
    return app
