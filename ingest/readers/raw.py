"""What every reader hands over: typed rows, the facts of the file, and the way back to each row's text."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import polars as pl

from gex.ingest.contracts import normalize_underlying

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Mapping, Sequence

    from gex.ingest.blob import Blob
    from gex.ingest.schema import Chain

PRICES = ("bid", "ask", "last", "implied_volatility", "vendor_delta", "vendor_gamma", "vendor_theta", "vendor_vega")
COUNTS = ("bid_size", "ask_size", "volume", "open_interest")

# The rows of a reader. `line` leads back to the source; `defect` is the code of the rule the row's text breaks.
ROWS = pl.Schema(
    {
        "line": pl.Int64,
        "defect": pl.String,
        "root": pl.String,
        "expiration": pl.Date,
        "option_type": pl.String,
        "strike": pl.Float64,
        **dict.fromkeys(PRICES, pl.Float64),
        **dict.fromkeys(COUNTS, pl.Int64),
    }
)

_MISSING = ["", "-", "--", "n/a", "na", "nan", "null", "none"]


@dataclass(frozen=True)
class Pick:
    """Which of the chains in a source are wanted; None wants them all.

    Attributes:
        underlying: In any spelling of `normalize_underlying`.
        snapshot: As the source's reader labels it (`RawChain.snapshot`), or the beginning of that.
        beside: Files that complete the chains, such as their open interest; for formats that come in several.
        columns: What the columns of a file of no known format are, by `gex.ingest.readers.mapped.NAMES`.

    """

    underlying: str | None = None
    snapshot: str | None = None
    beside: tuple[Blob, ...] = ()
    columns: Mapping[str, str] = field(default_factory=dict)

    def takes(self, underlying: str, snapshot: str) -> bool:
        """Tell whether the chain of this underlying and label is wanted."""
        wanted = (self.snapshot or "").strip().replace(" ", "T")
        return snapshot.startswith(wanted) and (
            self.underlying is None or normalize_underlying(self.underlying) == normalize_underlying(underlying)
        )


@dataclass(frozen=True)
class RawChain:
    """A source as its reader understood it, before any row is judged.

    Attributes:
        rows: Columns of `ROWS`, one row per contract and line; canonical sources may add others of the chain table.
        source: Name of the format, for the chain's `source` column.
        stamp: The time printed in the source, UTC; None if it has none that is understood.
        stamp_problem: Why `stamp` is None, with the remedy.
        root_problem: Why no row has a root, with the remedy.
        spot: Price of the underlying; None if there is none.
        delay_minutes: How old the quotes are when the source is stamped.
        texts: From values of `line` to what stood there.
        notes: What the reader found odd about the whole source.
        stored: For our own files, the chain as it was when written, but for its frame.
        underlying: Where a source holds several chains, what this one is on; "" else.
        snapshot: Where a source holds several, what tells this one from others on the same: a New York time or date.

    """

    rows: pl.DataFrame
    source: str
    stamp: dt.datetime | None
    spot: float | None
    delay_minutes: float
    texts: Callable[[Sequence[int]], list[str]]
    stamp_problem: str = "the source gives no time of its quotes"
    root_problem: str = "no row holds an option symbol or root that can be read"
    notes: tuple[str, ...] = ()
    stored: Chain | None = None
    underlying: str = ""
    snapshot: str = ""

    @property
    def label(self) -> str:
        """The words that pick this chain among a source's several; "" where it is the only one."""
        return f"{self.underlying} {self.snapshot}".strip()


def typed(table: pl.DataFrame) -> pl.DataFrame:
    """Return a reader's text columns as the types of `ROWS`, with `defect` set where text is not a number.

    Args:
        table: Columns named as in `ROWS`, text or numbers; optional ones may be missing.

    Returns:
        All columns of `ROWS`; what means "no value" (blank, N/A, NaN, --) is null, and a 0 that means
        none (ask, last, implied volatility) is null as well.

    """
    numeric = [name for name in ("strike", *PRICES, *COUNTS) if name in table.columns]
    table = table.with_columns(pl.col(name).str.strip_chars() for name in numeric if table.schema[name] == pl.String)
    values = table.select(pl.col(numeric).cast(pl.Float64, strict=False))
    values = values.with_columns(pl.when(pl.col(numeric).is_finite()).then(pl.col(numeric)).name.keep())
    bad = [
        _unread(table[name], values[name]) for name in numeric if values[name].null_count() > table[name].null_count()
    ]
    bad += [~(values[name] == values[name].round()) for name in COUNTS if name in numeric]
    defect = pl.lit(None, pl.String) if "defect" not in table.columns else pl.col("defect")
    flag = pl.any_horizontal([series.fill_null(value=False) for series in bad]) if bad else pl.lit(value=False)
    rows = table.with_columns(values.get_columns()).with_columns(
        pl.coalesce(defect, pl.when(flag).then(pl.lit("bad_number"))).alias("defect"),
        *(pl.lit(None, dtype).alias(name) for name, dtype in ROWS.items() if name not in (*table.columns, "defect")),
    )
    return rows.with_columns(
        _none_if_zero("ask"),
        _none_if_zero("last"),
        # Some vendors write 1e-5 where they could not solve for a volatility.
        pl.when(pl.col("implied_volatility").abs() > 1e-4).then("implied_volatility").alias("implied_volatility"),
    ).cast({name: dtype for name, dtype in ROWS.items() if rows.schema[name] != dtype}, strict=False)


def _unread(before: pl.Series, after: pl.Series) -> pl.Series:
    """Tell where a cell holds something that is neither a number nor a mark for "no value"."""
    lost = after.is_null() & before.is_not_null()
    if before.dtype != pl.String:
        return lost & before.cast(pl.Float64, strict=False).is_infinite().fill_null(value=True)
    return lost & ~before.str.to_lowercase().is_in(_MISSING)


def _none_if_zero(name: str) -> pl.Expr:
    return pl.when(pl.col(name) != 0).then(pl.col(name)).alias(name)
