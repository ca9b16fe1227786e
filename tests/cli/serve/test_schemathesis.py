"""Requests made up from the API's own description: none makes the server fail, each answer is one it describes."""

from __future__ import annotations

import os
import warnings
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from gex.cli.serve.api import ENDPOINTS
from gex.cli.serve.openapi import description

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of its own use of others
    schemathesis = pytest.importorskip("schemathesis")

if TYPE_CHECKING:
    from sites import Client

    from gex.cli.serve.endpoint import Endpoint

pytestmark = pytest.mark.browser
EXAMPLES = int(os.environ.get("GEX_API_EXAMPLES", "15"))
CHECKS = ("not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance")
THERE = {"symbol": "SPX", "moment": "latest", "date": "2026-01-06"}


@pytest.fixture(scope="module", name="api")
def _api() -> Any:
    return schemathesis.openapi.from_dict(description())


def address_of(case: Any) -> str:
    """Return the address that was made up; a list means a parameter more than once."""
    query = {name: value for name, value in (case.query or {}).items() if value is not None}
    return case.formatted_path + (f"?{urlencode(query, doseq=True)}" if query else "")


def asked(
    client: Client, api: Any, endpoint: Endpoint, mode: Any, *, there: bool, examples: int = EXAMPLES
) -> set[int]:
    """Ask what is made up, and return the statuses; what is `there` names what the store has."""
    checks = [getattr(schemathesis.checks, name) for name in CHECKS]
    seen: set[int] = set()

    def ask(case: Any) -> None:
        if there:
            case.path_parameters.update((name, THERE[name]) for name in THERE if name in case.path_parameters)
        answer = client.get(address_of(case))
        case.validate_response(answer, checks=checks)
        seen.add(answer.status_code)

    bounded = settings(
        max_examples=examples, deadline=None, phases=(Phase.generate,), suppress_health_check=list(HealthCheck)
    )
    bounded(given(api[endpoint.path]["GET"].as_strategy(generation_mode=mode))(ask))()
    return seen


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda each: each.name)
def test_what_fits_the_description_is_answered_as_described(client: Client, api: Any, endpoint: Endpoint) -> None:
    mode = schemathesis.GenerationMode.POSITIVE
    seen = asked(client, api, endpoint, mode, there=True)
    assert 200 in seen
    if THERE.keys() & {part.name for part in endpoint.parts}:  # Else it would be the same once more.
        few = max(1, EXAMPLES // 3)  # A made-up symbol is hardly ever there.
        seen |= asked(client, api, endpoint, mode, there=False, examples=few)
    assert seen <= {200, 400, 404, 422}


@pytest.mark.parametrize(
    "endpoint", [each for each in ENDPOINTS if each.parts or each.query], ids=lambda each: each.name
)
def test_what_does_not_fit_is_refused_as_described(client: Client, api: Any, endpoint: Endpoint) -> None:
    mode = schemathesis.GenerationMode.NEGATIVE
    assert asked(client, api, endpoint, mode, there=False) <= {200, 400, 404, 422}
