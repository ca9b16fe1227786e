"""One line of the API's table: an address, what it takes, what it answers; routes and description are made from it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from gex import __version__
from gex.cli.serve.catalog import moment_of
from gex.cli.serve.params import MOMENT_PATTERN, SYMBOL_PATTERN, Given, Param, date, given

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Hashable, Iterable, Iterator, Mapping

    from starlette.requests import Request

    from gex.cli.serve.shelf import Shelf
    from gex.ingest.store import Snapshot

    Answer = Callable[["Call"], Awaitable[Response]]
    Depends = Callable[["Call"], Awaitable[Hashable]]

JSON = "application/json"
CHUNK = 1 << 16

SYMBOL = Param(
    "symbol", "a symbol of the store, such as SPX", {"type": "string", "pattern": SYMBOL_PATTERN}, example="SPX"
)
MOMENT = Param(
    "moment",
    "a New York time of the store as 2025-09-05T1016, or latest",
    {"type": "string", "pattern": MOMENT_PATTERN},
    example="latest",
)
DATE = date("date", "a New York date as 2025-09-05")


@dataclass(frozen=True)
class Call:
    """One request, checked: the shelf, the values it gives, and the snapshot they mean if they name one."""

    shelf: Shelf
    given: Given
    found: Snapshot | None = None

    def __getitem__(self, name: str) -> Any:
        """Return a value by the name of its parameter."""
        return self.given[name]

    @property
    def snapshot(self) -> Snapshot:
        """The snapshot that symbol and moment mean.

        Raises:
            ValueError: The address names none.

        """
        if self.found is None:
            raise ValueError("this address names no snapshot")
        return self.found


@dataclass(frozen=True)
class Endpoint:
    """One line of the API.

    Attributes:
        path: With its parts in braces.
        name: Of the operation.
        about: What it answers, in a sentence.
        answer: Answers it.
        bodies: What it answers with: the name of a schema, or a schema, by media type.
        parts: Of the path.
        query: The parameters it knows.
        depends: What its answer depends on besides the request, the settings and the version: an ETag is made of it.
            None where it has none.

    """

    path: str
    name: str
    about: str
    answer: Answer
    bodies: Mapping[str, Any]
    parts: tuple[Param, ...] = ()
    query: tuple[Param, ...] = ()
    depends: Depends | None = None

    def route(self) -> Route:
        """Return it as a route, for GET and HEAD."""
        return Route(self.path, partial(respond, self), methods=["GET"], name=self.name)


async def respond(endpoint: Endpoint, request: Request) -> Response:
    """Answer a request: check it, tell whether the client has the answer already, else give it."""
    shelf: Shelf = request.app.state.shelf
    call = Call(shelf, given(request.path_params, request.query_params, endpoint.parts, endpoint.query))
    if MOMENT in endpoint.parts:
        call = replace(call, found=await shelf.snapshot(call["symbol"], call["moment"]))
    headers = {"Cache-Control": "no-cache"}
    if endpoint.depends is not None:
        headers["ETag"] = tag = _tag(endpoint, call, await endpoint.depends(call))
        if _has(request.headers.get("if-none-match", ""), tag):
            return Response(status_code=304, headers=headers)
    response = await endpoint.answer(call)
    response.headers.update(headers)
    return response


async def of_snapshot(call: Call) -> Hashable:
    """Depend on the snapshot alone."""
    return call.snapshot.place


async def of_snapshot_and_results(call: Call) -> Hashable:
    """Depend on the snapshot and on the results of its symbol."""
    return call.snapshot.place, await call.shelf.aside(call.shelf.results_stamp, call["symbol"])


def _tag(endpoint: Endpoint, call: Call, depends: Hashable) -> str:
    """Return the ETag of an answer: the same for the same bytes, of any server of this version and these settings."""
    query = sorted((name, str(value)) for name, value in call.given.query.items())
    path = sorted((name, value) for name, value in call.given.path.items() if name != "moment")
    text = repr((endpoint.name, path, query, depends, call.shelf.fingerprint, __version__))
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'


def _has(header: str, tag: str) -> bool:
    """Tell whether If-None-Match names a tag (RFC 9110, 13.1.2)."""
    return header.strip() == "*" or tag in (each.strip().removeprefix("W/") for each in header.split(","))


async def document(call: Call, make: Callable[[], Any]) -> Response:
    """Answer with a JSON document that is made in a thread: its values as `gex` publishes them."""
    return Response(await call.shelf.aside(_json, make), media_type=JSON)


def _json(make: Callable[[], Any]) -> bytes:
    from gex.cli.render.document import dumps, jsonable

    return (dumps(jsonable(make()), indent=None) + "\n").encode()


def streamed(chunks: Iterable[bytes], media_type: str, name: str) -> Response:
    """Answer with a file, piece by piece; `name` holds nothing but letters, digits, dots, `-` and `_`."""
    return StreamingResponse(
        chunks, media_type=media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


def pieces(data: bytes) -> Iterator[bytes]:
    """Yield bytes in pieces that no buffer minds."""
    for start in range(0, len(data), CHUNK):
        yield data[start : start + CHUNK]


def file_name(snapshot: Snapshot, what: str) -> str:
    """Return what a download is called: SPX_2025-09-05T1016_by_strike.csv."""
    return f"{snapshot.symbol}_{moment_of(snapshot)}_{what}"
