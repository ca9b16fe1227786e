"""A site on a socket of its own, in a thread, for a real browser."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from gex.cli.serve.server import Server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.applications import Starlette


@contextmanager
def served(app: Starlette, port: int = 0) -> Iterator[str]:
    """Serve an application, and yield its address.

    Args:
        app: From `gex.cli.serve.app.app_of`.
        port: Of this machine's own address; 0 for any that is free.

    """
    listening = socket.create_server(("127.0.0.1", port))
    server = Server(app, app.state.broker.end)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(20)
        listening.close()
