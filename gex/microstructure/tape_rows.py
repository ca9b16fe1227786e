"""Rows of the tape: what dealers traded and took on in a bar, and since midnight New York."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import polars as pl

from gex.microstructure.bars import date_of
from gex.microstructure.cells import CELLS, DIMENSIONS, MEASURES, part_of
from gex.microstructure.errors import TWO_SIDED_95

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from gex.microstructure.bars import Bars
    from gex.microstructure.cells import Sums
    from gex.quotes import Floats, Ints

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


NOTHING = np.zeros(len(SUMMED))


class Row(NamedTuple):
    """What stands in one row, `SUMMED` of the bar and since midnight."""

    start: int
    label: str
    spot: float | None
    values: Floats
    cumulated: Floats


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
    _date: dt.date | None = None
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
        frame = _frame(rows, self.bars).with_columns(pl.Series("group", [row.label for row in rows], pl.String))
        return frame.select(SCHEMA.names()) if self.by else frame.select(pl.exclude("group"))

    def _each(self, sums: Sums) -> Iterator[tuple[int, dict[int, Floats]]]:
        """Yield each bar with the sums of its groups, those without a trade between them if asked for."""
        groups, start = groups_of(sums.cell, self.by), sums.start
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
    ) -> Iterator[Row]:
        """Yield a bar's rows, and add them to what is cumulated."""
        if self._date != (date := date_of(start)):
            self._date, self._cumulated = date, {}
        self._spot = spots.get(start, self._spot)
        groups = set(found) | (set(self._cumulated) if self.empty else set())
        for group in sorted(groups, key=lambda group: self._order(group, expirations)):
            values = found.get(group, NOTHING)
            self.total = self.total + values
            self._cumulated[group] = self._cumulated.get(group, NOTHING) + values
            yield Row(start, self._label(group, expirations), self._spot, values, self._cumulated[group])

    def _order(self, group: int, expirations: list[dt.date]) -> int:
        return expirations[group].toordinal() if self.by == "expiration" else group

    def _label(self, group: int, expirations: list[dt.date]) -> str:
        if self.by == "expiration":
            return expirations[group].isoformat()
        return DIMENSIONS[self.by][group] if self.by else ""


def groups_of(cell: Ints, by: str | None) -> Ints:
    """Return the group that the rows of each cell are of; 0 for all where there are none."""
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


def _frame(rows: list[Row], bars: Bars) -> pl.DataFrame:
    """Return rows as a frame of `SCHEMA`, but for the group."""
    start = np.array([row.start for row in rows], dtype=np.int64)
    own, cumulated = (
        dict(zip(SUMMED, np.array(values).reshape(-1, len(SUMMED)).T, strict=True))
        for values in ([row.values for row in rows], [row.cumulated for row in rows])
    )
    # Legs take from each other's doubt: where nothing is left of it, rounding may take a little more.
    own_error, error = (np.sqrt(np.maximum(values["variance"], 0.0)) for values in (own, cumulated))
    columns: dict[str, Any] = {
        **{
            name: pl.Series(instants // 1000).cast(TIME)
            for name, instants in (("start", start), ("end", bars.ends(start)))
        },
        "spot": [row.spot for row in rows],
        **{name: values for name, values in own.items() if name != "variance"},
        "flow_error_usd": own_error,
        **{f"cumulated_{name}": cumulated[name] for name in CUMULATED},
        "cumulated_error_usd": error,
        "cumulated_low_usd": cumulated["flow_usd"] - TWO_SIDED_95 * error,
        "cumulated_high_usd": cumulated["flow_usd"] + TWO_SIDED_95 * error,
    }
    date = pl.col("start").dt.convert_time_zone("America/New_York").dt.date().alias("date")
    kept = [name for name in SCHEMA if name != "group"]
    return pl.DataFrame(columns).with_columns(date).select(kept).cast({name: SCHEMA[name] for name in kept})
