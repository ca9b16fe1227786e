"""What moved net gamma and the flip from one result of a series to the next: their inputs found and priced again."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from gex.cli.failures import one_line
from gex.cli.options import ReadOptions
from gex.cli.render.attribution import FIGURES, FIRST, columns_of
from gex.ingest.errors import ChainError, MissingError
from gex.ingest.result_parts import part_at

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from gex.analysis import Priced
    from gex.change import Change

    Row = dict[str, Any]

NET, GROSS = "net_gamma_usd_per_1pct", "gross_gamma_usd_per_1pct"
SAME = 1e-9
"""Of gross: figures closer than this are the same, computed again."""
ANY = ReadOptions(
    quote_time=None, underlying=None, snapshot=None, beside=(), columns={}, delay=None, iv_unit=None, store=None,
    strict=False, max_bad=1.0,
)  # fmt: skip
"""How inputs are read again: as the results say they were."""
NAMES = ("attributed_from", *(name for figure in FIGURES for name in columns_of(figure)))


def attributed(rows: Sequence[Row], results: Path, store: Path | None) -> list[tuple[Row, dict[str, str]]]:
    """Return, for each row, what moved it from the row before, and why anything of that is null.

    Args:
        rows: Of one series, by quote time; at least one.
        results: The folder they come from: each part says under which settings it was computed.
        store: Where inputs are looked for by their hash when they are not where they were.

    """
    found = [_missing(FIRST)]
    last: Priced | str | None = None
    for before, after in pairwise(rows):
        first = _priced(before, results, store) if last is None else last
        last = _priced(after, results, store)
        wrong = next((each for each in (first, last) if isinstance(each, str)), None)
        found.append(_missing(wrong) if wrong else _moved(before, after, first, last))  # type: ignore[arg-type]
    return found


def _priced(row: Row, results: Path, store: Path | None) -> Priced | str:
    """Return the input of a row priced as it was then, or why it cannot be."""
    from gex.analysis import priced
    from gex.cli.batch.reproduction import input_of

    part = part_at(results / "summary" / row["part"], results)
    try:
        if part is None:
            raise MissingError("no part of results", source=row["part"])
        spec, chain = input_of(part, row["source"], replace(ANY, store=store))
        return priced(chain, spec.settings)
    except ChainError as error:
        return one_line(error)
    except ValueError as error:
        return str(error)


def _moved(before: Row, after: Row, first: Priced, last: Priced) -> tuple[Row, dict[str, str]]:
    """Attribute a change, if it is the series' own: figures computed again may be others, by another version."""
    from gex.change import change_of

    try:
        change = change_of(first, last)
    except ValueError as error:
        return _missing(str(error))
    for row, moment in ((before, change.before), (after, change.after)):
        if abs(moment.figures.net - row[NET]) > SAME * row[GROSS]:
            return _missing(
                f"computed again, net gamma of {row['quote_date']} is {moment.figures.net:.6g}, not {row[NET]:.6g}"
            )
    return _flat(change, before)


def _flat(change: Change, before: Row) -> tuple[Row, dict[str, str]]:
    """Lay a change out in columns; a part that a level does not have says why."""
    row: Row = {"attributed_from": before["quote_time"]}
    reasons = {}
    for figure in FIGURES:
        parts = (change.total, *(step.part for step in change.steps), change.residual)
        for name, part in zip(columns_of(figure), parts, strict=True):
            row[name] = getattr(part, figure)
            if row[name] is None:
                reasons[name] = part.reasons[figure]
    return row, reasons


def _missing(why: str) -> tuple[Row, dict[str, str]]:
    return dict.fromkeys(NAMES), dict.fromkeys(NAMES, why)
