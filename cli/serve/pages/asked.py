"""What a page was asked for: its path and query checked as the API checks them, and the forms that ask."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup
from starlette.datastructures import QueryParams

from gex.cli.page.html import joined
from gex.cli.serve import params

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.requests import Request

    from gex.cli.serve.params import Given, Param

FRAGMENT = params.choice("fragment", "1 for the inside of the page alone", ("1",))
FORM = Markup(
    '<form class="controls" method="get" aria-label="{label}">\n{fields}<button type="submit">Show</button>\n</form>\n'
)
FIELD = Markup('<label>{label} <input type="{kind}" name="{name}" value="{value}"{more}></label>\n')
SELECT = Markup('<label>{label} <select name="{name}">{options}</select></label>\n')
OPTION = Markup('<option value="{value}"{selected}>{text}</option>')
HEAD = Markup('<section id="head" class="heading">\n<h1>{title}</h1>\n{parts}</section>\n')


def asked(request: Request, parts: tuple[Param, ...], known: tuple[Param, ...]) -> Given:
    """Check a request; what a form left empty counts as not given.

    Raises:
        HTTPException: 404: a part of the path is none.
        RequestError: A parameter is unknown, doubled or out of bounds.

    """
    filled = QueryParams([pair for pair in request.query_params.multi_items() if pair[1]])
    return params.given(request.path_params, filled, parts, (*known, FRAGMENT))


def form(label: str, *fields: Markup) -> Markup:
    """Return a form that asks for the same page again."""
    return FORM.format(label=label, fields=joined(fields))


def field(label: str, name: str, value: object, kind: str = "date", more: str = "") -> Markup:
    """Return an input with its label."""
    return FIELD.format(label=label, kind=kind, name=name, value="" if value is None else value, more=more)


def select(label: str, name: str, options: Iterable[tuple[str, str]], chosen: str) -> Markup:
    """Return a choice among values, each with its text."""
    made = (
        OPTION.format(value=value, text=text, selected=Markup(" selected") if value == chosen else "")
        for value, text in options
    )
    return SELECT.format(label=label, name=name, options=joined(made))


def heading(title: str, *parts: Markup) -> Markup:
    """Return what a page begins with."""
    return HEAD.format(title=title, parts=joined(parts))
