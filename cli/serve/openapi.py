"""The API's description (OpenAPI 3.1), made from the table its routes are made from."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from starlette.responses import Response
from starlette.routing import Route

from gex import __version__
from gex.cli.serve.api import ENDPOINTS
from gex.cli.serve.problems import MEDIA_TYPE
from gex.cli.serve.schemas import schemas

if TYPE_CHECKING:
    from starlette.requests import Request

    from gex.cli.serve.endpoint import Endpoint
    from gex.cli.serve.params import Param

PATH = "/openapi.json"
ABOUT = (
    "Gamma exposure of the snapshots in a store. Read only. Times are ISO-8601 UTC, moments in addresses New York time; "
    "money is US dollars, gamma is dollars of delta per +1% of spot. Signs are the dealers'. What does not exist is "
    "null, with the reason under `reasons`."
)
FAULTS = {
    400: "The request says what nobody can answer: an unknown or doubled parameter, a value out of bounds.",
    401: "A server open to other machines wants its token.",
    403: "The request comes from another site's page, or by a name that is not the server's.",
    404: "There is no such symbol, moment or thing; the sentence names the nearest.",
    405: "Everything here is read only.",
    413: "The request has a body that is too large.",
    414: "The address is too long.",
    422: "The data cannot be used: damaged, or a chain that cannot be priced.",
    431: "The headers are too large.",
    503: "The store is away, or too much is waiting: try again.",
}


@cache
def description() -> dict[str, Any]:
    """Return the description as a document."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "gex",
            "version": __version__,
            "description": ABOUT,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": [{}, {"token": []}],
        "paths": {each.path: {"get": _operation(each)} for each in ENDPOINTS},
        "components": {
            "schemas": schemas(),
            "responses": {f"E{status}": _problem(about) for status, about in FAULTS.items()},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(endpoint: Endpoint) -> dict[str, Any]:
    content = {media: {"schema": _schema(body)} for media, body in endpoint.bodies.items()}
    answers: dict[str, Any] = {"200": {"description": "As asked for.", "content": content}}
    if endpoint.depends is not None:
        tag = {"description": "Of these bytes", "schema": {"type": "string"}}
        answers["200"]["headers"] = {"ETag": tag}
        answers["304"] = {"description": "The client has it: If-None-Match named its ETag."}
    answers |= {f"{status}": {"$ref": f"#/components/responses/E{status}"} for status in FAULTS}
    parameters = [_parameter(each, "path") for each in endpoint.parts]
    parameters += [_parameter(each, "query") for each in endpoint.query]
    return {"operationId": endpoint.name, "summary": endpoint.about, "parameters": parameters, "responses": answers}


def _parameter(param: Param, place: str) -> dict[str, Any]:
    example = {} if param.example is None else {"example": param.example}
    return {
        "name": param.name,
        "in": place,
        "required": place == "path",
        "description": param.about,
        "schema": dict(param.schema),
    } | example


def _schema(body: Any) -> Any:
    return {"$ref": f"#/components/schemas/{body}"} if isinstance(body, str) else body


def _problem(about: str) -> dict[str, Any]:
    return {"description": about, "content": {MEDIA_TYPE: {"schema": _schema("problem")}}}


@cache
def _bytes() -> bytes:
    from gex.cli.render.document import dumps

    return dumps(description()).encode() + b"\n"


async def answer(_: Request) -> Response:
    """Answer with the description."""
    return Response(_bytes(), media_type="application/json", headers={"Cache-Control": "no-cache"})


ROUTES = [Route(PATH, answer, methods=["GET"], name="openapi")]
