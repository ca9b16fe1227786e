"""uvicorn as this site needs it: patient connections, no log of its own, streams that end when it does."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import uvicorn

from gex.cli.serve.protocol import Patience, protocol_of
from gex.cli.serve.security import MOST_HEADER_BYTES, MOST_TARGET

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from starlette.types import ASGIApp

LAST_SECONDS = 1
"""What is being answered may still take so long once the server is to end."""


class Server(uvicorn.Server):
    """Serves a site on a socket that listens already.

    Args:
        app: The site.
        end: Ends what would not end by itself, such as streams.
        patience: With connections.

    """

    def __init__(self, app: ASGIApp, end: Callable[[], None], patience: Patience = Patience()) -> None:  # noqa: B008 (frozen)
        config = uvicorn.Config(
            app,
            http=protocol_of(patience),
            ws="none",
            loop="asyncio",
            log_config=None,
            log_level="critical",  # The guard logs what fails, and nobody needs to know who asked for what.
            access_log=False,
            proxy_headers=False,  # Nobody stands between: what such headers say is the client's own word.
            server_header=False,
            timeout_keep_alive=patience.idle,
            timeout_graceful_shutdown=LAST_SECONDS,
            h11_max_incomplete_event_size=MOST_HEADER_BYTES + MOST_TARGET,
        )
        super().__init__(config)
        self._end = end

    def leave(self) -> None:
        """End while it starts; once it runs it listens to signals itself, and hands them on at its end."""
        self.should_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End: streams first, then what can be answered in a second, and the rest at once."""
        self._end()
        await super().shutdown(sockets)
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        await asyncio.sleep(0)  # Each is told that it is lost, and closes its socket.
