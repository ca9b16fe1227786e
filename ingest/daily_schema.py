"""A daily history: one row a day of an index, a fund or an economic series, and the facts of the file it came from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import polars as pl

from gex.ingest.schema import QUARANTINE, Column

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from gex.ingest.schema import QualityReport, Source

DAILY_COLUMNS = (
    Column("date", pl.Date, "the session, or the date the source gives its value; ascending, each once"),
    Column("open", pl.Float64, "first price, the source's unit", nullable=True),
    Column("high", pl.Float64, "highest price, the source's unit", nullable=True),
    Column("low", pl.Float64, "lowest price, the source's unit", nullable=True),
    Column("close", pl.Float64, "last price, or the one value of the day, the source's unit"),
    Column("volume", pl.Float64, "shares or contracts traded", nullable=True),
)
DAILY_SCHEMA = pl.Schema({column.name: column.dtype for column in DAILY_COLUMNS})


@dataclass(frozen=True)
class DailyHistory:
    """A dated series, as a file has it once every row has been judged.

    Attributes:
        name: SPX, VVIX, BAMLH0A0HYM2.
        frame: The table, columns and types of `DAILY_SCHEMA`.
        source: Provenance.
        quality: What became of every row: `rows_in` equals `rows_kept` plus the sum of `quarantined`.
        quarantine: The rows set aside: line, reason, the row as it was.

    """

    name: str
    frame: pl.DataFrame
    source: Source
    quality: QualityReport
    quarantine: pl.DataFrame = field(default_factory=pl.DataFrame(schema=QUARANTINE).clone)

    @property
    def dates(self) -> npt.NDArray[np.datetime64]:
        """The days, ascending, as `datetime64[D]`."""
        return self.frame["date"].to_numpy().astype("datetime64[D]")

    def column(self, name: str = "close") -> npt.NDArray[np.float64]:
        """Return one column, NaN where the source has no value."""
        return self.frame[name].fill_null(float("nan")).to_numpy()
