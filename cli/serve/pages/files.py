"""Scripts, styles and the icon of the pages, under addresses that change with their content: kept by browsers for good."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Route

from gex.cli.page import assets

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

    from starlette.requests import Request

TYPES = {**assets.TYPES, ".svg": "image/svg+xml"}
FOREVER = "public, max-age=31536000, immutable"


def address(name: str) -> str:
    """Return the address of a shipped file, by its path in `cli/page/assets`; `KeyError` for what is none."""
    return f"/assets/{_digest(name)}/{name}"


async def endpoint(request: Request) -> Response:
    """Answer one shipped file; under the address of another version, the present one, which is not kept."""
    name = request.path_params["name"]
    if name not in shipped():
        raise HTTPException(404, "there is no such file; the pages name those there are")
    current = request.path_params["digest"] == _digest(name)
    headers = {"Cache-Control": FOREVER if current else "no-store"}
    return Response(_bytes(name), 200, headers, media_type=TYPES[name[name.rindex(".") :]])


@cache
def shipped() -> frozenset[str]:
    """Return the names of all files there are: nothing else is ever opened."""
    return frozenset(_names(files("gex.cli.page") / "assets", ""))


def _names(folder: Traversable, above: str) -> list[str]:
    found: list[str] = []
    for each in folder.iterdir():
        if each.is_dir():
            found += _names(each, f"{above}{each.name}/")
        elif each.name[each.name.rfind(".") :] in TYPES:
            found.append(above + each.name)
    return found


@cache
def _bytes(name: str) -> bytes:
    if name not in shipped():
        raise KeyError(name)
    return assets.text(name).encode()


@cache
def _digest(name: str) -> str:
    return hashlib.sha256(_bytes(name)).hexdigest()[:12]


ROUTES = [Route("/assets/{digest}/{name:path}", endpoint)]
