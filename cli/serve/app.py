"""The application of `gex serve`: what is asked under which address, and who may ask."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from starlette.applications import Starlette

from gex.cli.serve import api, openapi, problems
from gex.cli.serve.pages import downloads, files, flows, regime, series
from gex.cli.serve.shelf import Shelf

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from gex.cli.serve.site import Site

LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})


def app_of(site: Site, *, token: str | None = None, hosts: frozenset[str] = LOOPBACK) -> Starlette:  # noqa: ARG001
    """Return the application over a site.

    Handlers find the site's figures in `request.app.state.shelf` (`gex.cli.serve.shelf.Shelf`, which has `.site` and
    `.catalog`), and raise what `gex.cli.serve.problems` turns into an answer.

    Args:
        site: What the server was started with.
        token: What a client must show; None for a server on this machine's own address.
        hosts: Names that requests may call the server by.

    """
    shelf = Shelf(site)

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        try:
            yield
        finally:
            shelf.close()

    app = Starlette(
        routes=[
            *api.ROUTES,
            *openapi.ROUTES,
            *series.ROUTES,
            *regime.ROUTES,
            *flows.ROUTES,
            *downloads.ROUTES,
            *files.ROUTES,
        ],
        exception_handlers=problems.HANDLERS,
        lifespan=lifespan,
    )
    app.state.shelf = shelf
    return app
