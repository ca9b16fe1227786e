"""Rows of the tape: what dealers traded and took on in a bar, and since midnight New York."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from gex.microstructure.bars import Bars, date_of, moment
from gex.microstructure.cells import CELLS, DIMENSIONS, MEASURES, part_of

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from gex.microstructure.cells import Sums
    from gex.quotes import Floats, Ints

TWO_SIDED_95 = 1.959963984540054
"""Standard deviations either way that hold 95% of a normal distribution."""
COUNTS = (
    *("trades", "contracts", "zero_dte_contracts", "bought_contracts", "sold_contracts", "unknown_contracts"),
    *("unpriced", "unpriced_contracts", "late"),
)
SPLITS = tuple(name for names in DIMENSIONS.values() for name in names)
"""What the flow is split by, each dimension a whole."""
DOLLARS = {
    "delta_traded_usd": "delta_traded",
    "flow_usd": "flow",
    "flow_raw_usd": "raw",
    "gamma_usd_per_1pct": "gamma",
    "vanna_usd_per_vol_point": "vanna",
}
"""The column of each measure in dollars."""
SUMMED = (*COUNTS, *DOLLARS, *(f"{name}_usd" for name in SPLITS), "variance")
CUMULATED = (*(name for name in DOLLARS if name != "delta_traded_usd"), *(f"{name}_usd" for name in SPLITS))

TIME = pl.Datetime("us", "UTC")
SCHEMA = pl.Schema(
    {
        "date": pl.Date(),
        "start": TIME,
        "end": TIME,
        "group": pl.String(),
        "spot": pl.Float64(),
        **dict.fromkeys(COUNTS, pl.Int64()),
        **dict.fromkeys(DOLLARS, pl.Float64()),
        "flow_error_usd": pl.Float64(),
        **{f"{name}_usd": pl.Float64() for name in SPLITS},
        **{f"cumulated_{name}": pl.Float64() for name in CUMULATED},
        "cumulated_error_usd": pl.Float64(),
        "cumulated_low_usd": pl.Float64(),
        "cumulated_high_usd": pl.Float64(),
    }
)
"""Columns of the bars; without `group` where all trades are one."""


@dataclass
class RowWriter:
    """Writes rows of finished bars, going up in time; what is cumulated since midnight carries over."""

    bars: Bars
    by: str | None
    empty: bool
    """Whether bars without a trade between two with one have a row."""
    total: Floats = field(default_factory=lambda: np.zeros(len(SUMMED)))
    """`SUMMED` of all rows written."""
    _cumulated: dict[int, Floats] = field(default_factory=dict)
    """`SUMMED` by group, since midnight."""
    _last: int | None = None
    _spot: float | None = None

    def rows(self, sums: Sums, spots: dict[int, float], expirations: list[dt.date]) -> pl.DataFrame:
        """Return the rows of bars, one a bar and group, and remember where they leave things.

        Args:
            sums: Of whole bars, none of them before one written already.
            spots: The last mid of the underlying by bar, where known.
            expirations: What the cells are numbered by.

        """
        rows = [row for start, found in self._each(sums) for row in self._bar(start, found, spots, expirations)]
        schema = SCHEMA if self.by else {name: dtype for name, dtype in SCHEMA.items() if name != "group"}
        return pl.DataFrame(rows, schema=schema, orient="row")

    def _each(self, sums: Sums) -> Iterator[tuple[int, dict[int, Floats]]]:
        """Yield each bar with the sums of its groups, those without a trade between them if asked for."""
        groups, start = _groups(sums.cell, self.by), sums.start
        table = summed(sums)
        first = np.flatnonzero(np.diff(start, prepend=start[:1] - 1))
        for places in np.split(np.arange(len(start)), first[1:]) if len(start) else ():
            instant = int(start[places[0]])
            for silent in self.bars.between(self._last, instant) if self.empty and self._last is not None else ():
                yield silent, {}
            found: dict[int, Floats] = {}
            for place in places:
                group = int(groups[place])
                found[group] = found[group] + table[:, place] if group in found else table[:, place]
            yield instant, found
            self._last = instant

    def _bar(
        self, start: int, found: dict[int, Floats], spots: dict[int, float], expirations: list[dt.date]
    ) -> Iterator[tuple[Any, ...]]:
        """Yield a bar's rows, and add them to what is cumulated."""
        date = date_of(start)
        if self._last is None or date_of(self._last) != date:
            self._cumulated = {}
        self._spot = spots.get(start, self._spot)
        nothing = np.zeros(len(SUMMED))
        groups = set(found) | (set(self._cumulated) if self.empty else set())
        for group in sorted(groups, key=lambda group: self._order(group, expirations)):
            values = found.get(group, nothing)
            self.total = self.total + values
            self._cumulated[group] = self._cumulated.get(group, nothing) + values
            label = (self._label(group, expirations),) if self.by else ()
            head = (date, moment(start), moment(self.bars.end(start)), *label, self._spot)
            yield (*head, *_told(values), *_cumulated(self._cumulated[group]))

    def _order(self, group: int, expirations: list[dt.date]) -> int:
        return expirations[group].toordinal() if self.by == "expiration" else group

    def _label(self, group: int, expirations: list[dt.date]) -> str:
        if self.by == "expiration":
            return expirations[group].isoformat()
        return DIMENSIONS[self.by][group] if self.by else ""


def _groups(cell: Ints, by: str | None) -> Ints:
    if by is None:
        return np.zeros_like(cell)
    return cell // CELLS if by == "expiration" else part_of(cell, by)


def summed(sums: Sums) -> Floats:
    """Return `SUMMED` of each bar and cell, shape (len(SUMMED), n)."""
    values = dict(zip(MEASURES, sums.values, strict=True))
    parts = {name: (part_of(sums.cell, key) == n) for key, names in DIMENSIONS.items() for n, name in enumerate(names)}
    columns = {f"{name}_usd": np.where(part, values["flow"], 0.0) for name, part in parts.items()}
    columns |= {f"{name}_contracts": np.where(part, values["contracts"], 0.0) for name, part in parts.items()}
    columns |= {name: values[measure] for name, measure in DOLLARS.items()}
    columns |= {name: values[name] for name in (*COUNTS, "variance") if name in values}
    return np.array([columns[name] for name in SUMMED])


def _told(values: Floats) -> list[float]:
    """Return a row's own figures in the order of `SCHEMA`."""
    row = dict(zip(SUMMED, values.tolist(), strict=True))
    counts = [int(row[name]) for name in COUNTS]
    splits = [row[f"{name}_usd"] for name in SPLITS]
    return [*counts, *(row[name] for name in DOLLARS), float(np.sqrt(row["variance"])), *splits]


def _cumulated(values: Floats) -> list[float]:
    """Return what is cumulated, with its error and the range that holds the true flow with 95%."""
    row = dict(zip(SUMMED, values.tolist(), strict=True))
    error, flow = float(np.sqrt(row["variance"])), row["flow_usd"]
    reach = TWO_SIDED_95 * error
    return [*(row[name] for name in CUMULATED), error, flow - reach, flow + reach]
