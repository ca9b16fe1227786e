"""Rates by date, as the US Treasury and the Federal Reserve Bank of St. Louis (FRED) publish them.

Read from files that users saved, never fetched. All values are percent a year, and are read as such.

* Treasury, "Daily Treasury Par Yield Curve Rates": `Date,"1 Mo","1.5 Month","2 Mo",...,"30 Yr"`, dates MM/DD/YYYY.
* FRED: `observation_date` (once `DATE`) and one or more series: DGS1MO to DGS30, the same par yields; DFF, EFFR or
  SOFR, overnight.

Par yields are bond-equivalent: up to half a year simple interest (31 CFR 356, appendix B), beyond it coupons twice a year. Zero rates
come by the usual bootstrap (Hull, Options, Futures, and Other Derivatives, chapter 4) on half-years, with par yields linear between the
published tenors: a bond that pays the par yield is worth its face, D(T) = (1 - y/2 (D(1/2) + ... + D(T - 1/2))) / (1 + y/2).
Overnight rates are actual/360.
"""

from __future__ import annotations

import csv
import datetime as dt
import math
import re
from dataclasses import dataclass
from itertools import count, pairwise, takewhile
from typing import Literal

from gex.ingest.errors import FormatError, MissingError

STALE_AFTER = dt.timedelta(days=10)
"""Rates older than this at the quotes are not taken for theirs."""

_DATE = {"date", "observation_date"}
_TREASURY = re.compile(r"(\d+(?:\.\d+)?) (mo|month|yr)", re.IGNORECASE)
_FRED = re.compile(r"DGS(\d+)(MO)?", re.IGNORECASE)
_OVERNIGHT = {"dff", "effr", "sofr"}
_NONE = {"", ".", "n/a"}
_LOWEST, _HIGHEST = -5.0, 50.0


@dataclass(frozen=True)
class Tenor:
    """A column of rates: what is lent for how many years, and how its interest is counted."""

    name: str
    years: float
    kind: Literal["par", "overnight"]


@dataclass(frozen=True)
class RateHistory:
    """Rates by date.

    Attributes:
        source: The file.
        tenors: Its columns.
        days: Date and line of each row, with its cells as text, in the order of dates.

    """

    source: str
    tenors: tuple[Tenor, ...]
    days: tuple[tuple[dt.date, int, tuple[str, ...]], ...]

    def curve_on(self, day: dt.date) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """Return the curve of the last row on or before `day` that has rates.

        Returns:
            Years, increasing, and the continuously compounded zero rate of each.

        Raises:
            MissingError: There is none, or none of the ten days before.
            FormatError: A cell is no rate in percent; the message names the line.

        """
        for date, line, cells in reversed(self.days):
            if date > day or all(cell.lower() in _NONE for cell in cells):
                continue
            if day - date > STALE_AFTER:
                message = f"the last rates on or before {day} are of {date}; save a newer file"
                raise MissingError(message, source=self.source, row=line)
            return self._curve(line, cells)
        raise MissingError(f"no rates on or before {day}; save a file that reaches back to it", source=self.source)

    def _curve(self, line: int, cells: tuple[str, ...]) -> tuple[tuple[float, ...], tuple[float, ...]]:
        pairs = [pair for pair in zip(self.tenors, cells, strict=True) if pair[1].lower() not in _NONE]
        try:
            return _zero_curve([(tenor, self._rate(text, line)) for tenor, text in pairs])
        except ArithmeticError:
            message = "these par yields leave nothing for the last payments; save the file again"
            raise FormatError(message, source=self.source, row=line) from None

    def _rate(self, text: str, line: int) -> float:
        try:
            percent = float(text)
        except ValueError:
            percent = math.nan
        if not _LOWEST < percent < _HIGHEST:
            message = f"expected a rate in percent such as 4.33, got {text!r}; save the file again"
            raise FormatError(message, source=self.source, row=line, value=text)
        return percent / 100.0


def is_dated(header: str) -> bool:
    """Tell whether a header line begins with a column of dates."""
    return header.partition(",")[0].strip().strip('"').lower() in _DATE


def parse_rates(lines: list[str], source: str) -> RateHistory:
    """Read rates by date.

    Args:
        lines: The file's lines, the header first.
        source: For messages.

    Raises:
        FormatError: A column or date is not understood, or a row has too few cells; the message names it.

    """
    try:
        header, *rows = list(csv.reader(lines))
    except csv.Error as error:
        raise FormatError(f"no table: {error}; save the file again", source=source) from None
    tenors = tuple(_tenor(name.strip(), source) for name in header[1:])
    if not tenors or len({tenor.years for tenor in tenors}) < len(tenors):
        raise FormatError(f"expected columns of rates, each tenor once, got {', '.join(header)}", source=source, row=1)
    days = [_day(row, line, len(header), source) for line, row in enumerate(rows, start=2) if any(row)]
    for sooner, later in pairwise(sorted(days)):
        if sooner[0] == later[0]:
            raise FormatError(f"{later[0]} is there twice; save the file again", source=source, row=later[1])
    return RateHistory(source, tenors, tuple(sorted(days)))


def _tenor(name: str, source: str) -> Tenor:
    if match := _TREASURY.fullmatch(name):
        return Tenor(name, float(match[1]) / (1 if match[2].lower() == "yr" else 12), "par")
    if match := _FRED.fullmatch(name):
        return Tenor(name, float(match[1]) / (12 if match[2] else 1), "par")
    if name.lower() in _OVERNIGHT:
        return Tenor(name, 1 / 365, "overnight")
    known = "the Treasury's (1 Mo ... 30 Yr) and FRED's DGS1MO ... DGS30, DFF, EFFR, SOFR"
    raise FormatError(
        f"column {name!r} is no rate that can be read; known are {known}", source=source, row=1, value=name
    )


def _day(row: list[str], line: int, width: int, source: str) -> tuple[dt.date, int, tuple[str, ...]]:
    cells = tuple(cell.strip() for cell in row)
    if len(cells) != width:
        raise FormatError(f"expected {width} cells, got {len(cells)}; save the file again", source=source, row=line)
    for layout in ("%Y-%m-%d", "%m/%d/%Y", "%m/%d/%y"):
        try:
            return dt.datetime.strptime(cells[0], layout).replace(tzinfo=dt.UTC).date(), line, cells[1:]
        except ValueError:
            continue
    message = f"expected a date such as 2025-09-05 or 09/05/2025, got {cells[0]!r}"
    raise FormatError(message, source=source, row=line, value=cells[0])


def _zero_curve(rates: list[tuple[Tenor, float]]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return zero rates at the tenors up to half a year, and at each half-year beyond."""
    points = [(tenor.years, 365 * math.log1p(rate / 360)) for tenor, rate in rates if tenor.kind == "overnight"]
    par = sorted((tenor.years, rate) for tenor, rate in rates if tenor.kind == "par")
    points += [(years, math.log1p(rate * years) / years) for years, rate in par if years < 0.5]
    last = par[-1][0] if par else 0.0
    coupons = 0.0
    for years in takewhile(lambda years: years <= last, count(0.5, 0.5)):
        half = _between(par, years) / 2
        discount = (1 - half * coupons) / (1 + half)
        if discount <= 0:
            raise ArithmeticError
        coupons += discount
        points.append((years, -math.log(discount) / years))
    return tuple(years for years, _ in points), tuple(rate for _, rate in points)


def _between(points: list[tuple[float, float]], years: float) -> float:
    """Interpolate linearly, flat outside."""
    import numpy as np

    return float(np.interp(years, [x for x, _ in points], [y for _, y in points]))
