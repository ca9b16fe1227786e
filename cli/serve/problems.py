"""What went wrong with a request, as a status and one sentence that says what to do (RFC 9457); never a traceback."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import click
from starlette.exceptions import HTTPException
from starlette.responses import Response

from gex.cli.failures import one_line
from gex.cli.log import LOGGER
from gex.cli.serve.catalog import StoreError
from gex.cli.serve.shelf import BusyError
from gex.ingest.errors import ChainError, MissingError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from starlette.requests import Request

    from gex.cli.serve.site import Site

MEDIA_TYPE = "application/problem+json"
FOLDERS = re.compile(r"(?:(?<=[\s'\"(:,;=])|^)(?:[A-Za-z]:|~|\.{1,2})?(?:[\\/][^\\/\s'\":;,()]+)*[\\/](?=[^\\/\s])")
"""The folders before a file's name in a message: nobody's business but the server's."""
MACHINES = ("/api/", "/openapi", "/events", "/assets/")
"""What no reader opens, so that its errors are for programs."""
RETRY_SECONDS = 5


@dataclass(frozen=True)
class Problem:
    """What went wrong with a request, ready to be told."""

    status: int
    detail: str
    type: str = "about:blank"
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """The status in words."""
        return HTTPStatus(self.status).phrase

    def response(self, instance: str) -> Response:
        """Return it as problem+json; `instance` is the path that was asked for."""
        doc = {name: value for name, value in asdict(self).items() if name != "headers"}
        body = json.dumps({**doc, "title": self.title, "instance": quote(instance)}, ensure_ascii=False)
        headers = {"Cache-Control": "no-store", **self.headers}
        return Response(body, self.status, headers, media_type=MEDIA_TYPE)


class RequestError(Exception):
    """A request that says what nobody can answer: an unknown name, a value out of bounds."""


STATUSES: dict[type[Exception], int] = {
    RequestError: 400,
    click.UsageError: 400,
    MissingError: 404,
    ChainError: 422,
    StoreError: 503,
    BusyError: 503,
}
"""Of the first kind that an error is."""
OPTION = re.compile(r"(?<!\S)--([a-z][a-z-]*)")
RENAMED = {"from": "start", "to": "end"}
"""Options that have another name as parameters than their own with underscores."""


def problem_of(error: Exception, site: Site | None = None) -> Problem:
    """Return an error as a problem, without the site's folders; what is a fault of ours is logged.

    400: the request; 404: there is no such thing; 422: the data; 503: the store is away, or too much is waiting.
    """
    if isinstance(error, HTTPException):
        return Problem(error.status_code, _http(error), headers=dict(error.headers or {}))
    status = next((status for kind, status in STATUSES.items() if isinstance(error, kind)), 500)
    if status == 500:
        LOGGER.error("%s", one_line(error), exc_info=error)
        return Problem(500, "this is a fault of gex: the server's log says more; please report it")
    folders = (site.store, site.results, site.limits) if site else ()
    hidden = [str(each) for each in folders if each]
    retry = {"Retry-After": f"{RETRY_SECONDS}"} if status == 503 else {}
    return Problem(status, public(_words(error), [getattr(error, "source", None) or "", *hidden]), headers=retry)


def _words(error: Exception) -> str:
    """Return what an error says, of a parameter by its name here: the command line calls it by its option."""
    if not isinstance(error, (click.UsageError, RequestError)):
        return " ".join(str(error).split())
    text = error.format_message() if isinstance(error, click.UsageError) else str(error)
    return OPTION.sub(lambda match: RENAMED.get(match[1], match[1].replace("-", "_")), " ".join(text.split()))


def public(text: str, paths: Iterable[str] = ()) -> str:
    """Return a message without the folders of the files it names: those of `paths`, which may hold spaces, and others."""
    for path in paths:
        if "/" in path or "\\" in path:
            text = text.replace(path, re.split(r"[\\/]", path)[-1])
    return FOLDERS.sub("", text)


def _http(error: HTTPException) -> str:
    if error.status_code == 404 and error.detail == "Not Found":
        return "there is nothing under this address; / and /openapi.json tell what there is"
    if error.status_code == 405:
        return "everything here is read only: use GET"
    return str(error.detail)


async def answer(request: Request, error: Exception) -> Response:
    """Answer a request that failed, as an exception handler of Starlette: a browser that asked for a page gets one."""
    if not request.url.path.startswith(MACHINES) and "text/html" in request.headers.get("accept", ""):
        from gex.cli.serve.pages.frame import failed

        return await failed(request, error)
    return problem_of(error, request.app.state.shelf.site).response(request.url.path)


HANDLERS: dict[Any, Any] = dict.fromkeys((HTTPException, *STATUSES, Exception), answer)
"""Exception handlers of the application."""
