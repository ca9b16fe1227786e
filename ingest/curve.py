"""Discount rates as users give them: one rate, a CSV file of tenors, or a file of rates by date."""

from __future__ import annotations

import csv
import re
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from gex.ingest.errors import ChainError, FormatError, UnreadableError
from gex.ingest.rates import RateHistory, is_dated, parse_rates

if TYPE_CHECKING:
    import datetime as dt

_TENOR = re.compile(r"^\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*$", re.IGNORECASE)
_YEARS = {"": 1.0, "y": 1.0, "yr": 1.0, "year": 1.0, "years": 1.0,
          "m": 1 / 12, "mo": 1 / 12, "mon": 1 / 12, "month": 1 / 12, "months": 1 / 12,
          "w": 7 / 365, "week": 7 / 365, "weeks": 7 / 365, "d": 1 / 365, "day": 1 / 365, "days": 1 / 365}  # fmt: skip
_OVERNIGHT = {"on", "o/n", "overnight"}
_HIGHEST = 1.0
"""Rates beyond 100% are taken for percent written as plain numbers, and refused."""


def read_curve(text: str, on: dt.date | None = None) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return tenors in years and continuously compounded rates per year.

    Args:
        text: A rate ("0.0433", "4.33%") or the path of a CSV file with the columns `years` (or `tenor`: 1M, 2Y, 90d,
            overnight) and `rate` (0.0433 or 4.33%), or of rates by date (`gex.ingest.rates`).
        on: The day whose rates are wanted; a file of rates by date needs it, others are good for any.

    Returns:
        Years, increasing, and the rate of each; a single rate has the one tenor of one year.

    Raises:
        UnreadableError: There is no such file, and the text is not a rate.
        FormatError: The file lacks a column, or a tenor or rate is not one; the message names the line.
        MissingError: A file of rates by date has none of that day or the ten before.

    """
    try:
        rate = _number(text)
    except ValueError:
        return _read_file(text, on)
    return (1.0,), (_checked(rate, text, None, None),)


def read_rates(text: str) -> RateHistory | None:
    """Return the rates by date that a file holds; None for a rate or a file without dates.

    Raises:
        UnreadableError: There is no such file, and the text is not a rate.
        FormatError: A column or date is not understood.

    """
    try:
        _number(text)
    except ValueError:
        lines = _lines(text)
        return parse_rates(lines, text) if lines and is_dated(lines[0]) else None
    return None


def _number(text: str) -> float:
    stripped = text.strip()
    return float(stripped.removesuffix("%")) / (100.0 if stripped.endswith("%") else 1.0)


def _checked(rate: float, text: str, source: str | None, row: int | None) -> float:
    if not -_HIGHEST < rate < _HIGHEST:
        raise FormatError(f"rate {text.strip()!r} is not a decimal: 4.33% is 0.0433 or '4.33%'", source=source, row=row)
    return rate


def _lines(source: str) -> list[str]:
    try:
        return Path(source).read_text(encoding="utf-8-sig").splitlines()
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "not text"
        raise UnreadableError(
            f"neither a rate such as 0.0433 or 4.33% nor a readable file ({why})", source=source
        ) from None


def _read_file(source: str, on: dt.date | None) -> tuple[tuple[float, ...], tuple[float, ...]]:
    lines = _lines(source)
    if lines and is_dated(lines[0]):
        if on is None:
            raise FormatError("rates by date, where those of one day are wanted; say which day", source=source)
        return parse_rates(lines, source).curve_on(on)
    table = csv.DictReader(lines)
    names = {name.strip().lower(): name for name in table.fieldnames or ()}
    tenor = names.get("years") or names.get("tenor")
    if tenor is None or "rate" not in names:
        raise FormatError(
            f"expected the columns years (or tenor) and rate, got {', '.join(names) or 'none'}", source=source
        )
    points = [_point(row[tenor], row[names["rate"]], source, number) for number, row in enumerate(table, start=2)]
    years = [point[0] for point in points]
    if not points or any(later <= sooner for sooner, later in pairwise(years)):
        raise FormatError(f"tenors must be there and increase, got {years}", source=source)
    return tuple(years), tuple(rate for _, rate in points)


def _point(tenor: str | None, rate: str | None, source: str, row: int) -> tuple[float, float]:
    try:
        return _tenor_years(tenor or ""), _checked(_number(rate or ""), rate or "", source, row)
    except ChainError:
        raise
    except ValueError:
        message = f"expected a tenor such as 0.25, 3M or overnight and a rate such as 0.0433, got {tenor!r}, {rate!r}"
        raise FormatError(message, source=source, row=row, value=(tenor, rate)) from None


def _tenor_years(text: str) -> float:
    if text.strip().lower() in _OVERNIGHT:
        return 1 / 365
    match = _TENOR.match(text)
    if not match or match[2].lower() not in _YEARS:
        raise ValueError(text)
    return float(match[1]) * _YEARS[match[2].lower()]
