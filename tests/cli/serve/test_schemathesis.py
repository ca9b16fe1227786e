"""Requests made up from the API's own description: none makes the server fail, each answer is one it describes."""

from __future__ import annotations

import os
import warnings
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from gex.cli.serve.api import ENDPOINTS

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of its own use of others
    schemathesis = pytest.importorskip("schemathesis")

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sites import Client

    from gex.cli.serve.endpoint import Endpoint

# It asks by a client of Starlette's that Starlette would have replaced.
pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings("ignore")]
EXAMPLES = int(os.environ.get("GEX_API_EXAMPLES", "30"))
CHECKS = ("not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance")


@pytest.fixture(scope="module", name="api")
def _api(client: Client) -> Iterator[Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield schemathesis.openapi.from_asgi("/openapi.json", client.app)


def as_the_store_has_it(case: Any) -> None:
    """Name what is there, where what was made up fits the description: most would be 404."""
    if "symbol" in case.path_parameters:
        case.path_parameters["symbol"] = "SPX"
    if "moment" in case.path_parameters:
        case.path_parameters["moment"] = "latest"


@pytest.mark.parametrize("known", [False, True], ids=["any", "there"])
@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda each: each.name)
def test_what_is_made_up_is_answered_as_described(api: Any, endpoint: Endpoint, known: bool) -> None:
    modes = schemathesis.GenerationMode
    seen = set()

    def ask(case: Any) -> None:
        if known:
            as_the_store_has_it(case)
        checks = [getattr(schemathesis.checks, name) for name in CHECKS]
        seen.add(case.call_and_validate(checks=checks).status_code)

    for mode in modes.POSITIVE,  if known else (modes.POSITIVE, modes.NEGATIVE):
        made_up = given(api[endpoint.path]["GET"].as_strategy(generation_mode=mode))(ask)
        phases = (Phase.explicit, Phase.generate)
        settings(max_examples=EXAMPLES, deadline=None, phases=phases, suppress_health_check=list(HealthCheck))(made_up)()
    assert 200 in seen or not known
