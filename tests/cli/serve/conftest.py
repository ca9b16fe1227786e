"""One site for the tests that only read it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sites import Client, Ground, lay_out

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session", name="ground")
def _ground(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    return lay_out(tmp_path_factory.mktemp("site"))


@pytest.fixture(scope="session", name="client")
def _client(ground: Ground) -> Iterator[Client]:
    """The site with all that it can have, asked without a socket."""
    app = ground.app()
    yield Client(app)
    app.state.shelf.close()
