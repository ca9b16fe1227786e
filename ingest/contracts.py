"""What a root means: underlying, settlement, exercise, multiplier, hours; and how an option symbol is read.

The root is what is reliable in a chain file. Names of underlyings come in many spellings ("S&P 500 INDEX",
"Standard & Poors 500 Index", `^SPX`, `_SPX`), while a root such as SPXW is the exchange's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gex.ingest.calendar import Hours
    from gex.ingest.schema import AssetClass


@dataclass(frozen=True)
class Contract:
    """The terms all options of one root share."""

    underlying: str
    asset_class: AssetClass
    settlement: Literal["AM", "PM"] = "PM"
    exercise: Literal["E", "A"] = "A"
    hours: Hours = "regular"
    multiplier: float = 100.0
    known: bool = True


# Cash-settled index options. AM: the payoff is fixed by the opening prices of the expiration date.
_INDEX_AM = {
    "SPX": "SPX", "NDX": "NDX", "RUT": "RUT", "DJX": "DJX", "VIX": "VIX", "VIXW": "VIX",
    "MXEA": "MXEA", "MXEF": "MXEF", "RUI": "RUI", "RLG": "RLG", "RLV": "RLV",
}  # fmt: skip
_INDEX_PM = {
    "SPXW": "SPX", "SPXPM": "SPX", "NDXP": "NDX", "RUTW": "RUT", "XSP": "XSP", "XND": "XND", "MRUT": "MRUT",
    "NQX": "NQX", "XEO": "XEO",
}  # fmt: skip
_INDEX_PM_AMERICAN = {"OEX": "OEX"}

# Exchange-traded products whose options trade to 16:15, as two brokers' lists agree.
_ETF_LATE = (
    "DBA", "DBB", "DBC", "DBO", "DIA", "EEM", "EFA", "IWM", "IWN", "IWO", "IWV", "KBE", "KRE",
    "MDY", "MOO", "OEF", "QQQ", "SLX", "SPY", "SVXY", "UNG", "UUP", "UVXY", "VIXY", "VXX", "VXZ",
    "XHB", "XLB", "XLE", "XLF", "XLI", "XLK", "XLP", "XLU", "XLV", "XLY", "XME", "XRT",
)  # fmt: skip
# Others common enough to be known as funds rather than stocks.
_ETF_REGULAR = (
    "ARKK", "EWZ", "FXI", "GDX", "GLD", "HYG", "IBIT", "IEF", "IYR", "LQD", "SLV", "SMH", "SOXL",
    "SOXX", "SQQQ", "TLT", "TQQQ", "VOO", "XBI", "XOP",
)  # fmt: skip

ROOTS: dict[str, Contract] = {
    **{root: Contract(of, "index", "AM", "E", "late") for root, of in _INDEX_AM.items()},
    **{root: Contract(of, "index", "PM", "E", "late") for root, of in _INDEX_PM.items()},
    **{root: Contract(of, "index", "PM", "A", "late") for root, of in _INDEX_PM_AMERICAN.items()},
    **{root: Contract(root, "etf", hours="late") for root in _ETF_LATE},
    **{root: Contract(root, "etf") for root in _ETF_REGULAR},
}
"""Root to terms. A root that is not here is taken as a stock's: PM-settled, American, 100 shares, to 16:00."""


def contract(root: str) -> Contract:
    """Return the terms of a root; those of a stock, with `known=False`, where the table has none."""
    return ROOTS.get(root) or Contract(root, "stock", known=False)


def normalize_underlying(name: str) -> str:
    """Return SPX for any of SPX, ^SPX, _SPX, $SPX, I:SPX, .SPX and SPXW (a root stands for its underlying).

    Classes of shares lose their dot, as in option symbols: BRKB for BRK.B.
    """
    bare = name.strip().upper().removeprefix("I:").lstrip("^_$.").replace(".", "")
    return contract(bare).underlying


def terms(roots: Iterable[str]) -> pl.DataFrame:
    """Return one row per root with its terms, to be joined to a chain's rows.

    Args:
        roots: Distinct roots.

    Returns:
        Columns `root`, `underlying`, `settlement`, `exercise`, `multiplier`, `known_root`.

    """
    found = {root: contract(root) for root in roots}
    return pl.DataFrame(
        {
            "root": list(found),
            "underlying": [each.underlying for each in found.values()],
            "settlement": [each.settlement for each in found.values()],
            "exercise": [each.exercise for each in found.values()],
            "multiplier": [each.multiplier for each in found.values()],
            "known_root": [each.known for each in found.values()],
        },
        schema={
            "root": pl.String,
            "underlying": pl.String,
            "settlement": pl.String,
            "exercise": pl.String,
            "multiplier": pl.Float64,
            "known_root": pl.Boolean,
        },
    )


def option_symbol() -> pl.Expr:
    """Return the OSI symbols, padded, of rows with `root`, `expiration`, `option_type` and `strike`.

    Source: OCC, Options Symbology Initiative (2010).
    """
    return pl.concat_str(
        pl.col("root").str.pad_end(6),
        pl.col("expiration").dt.strftime("%y%m%d"),
        pl.col("option_type").cast(pl.String),
        (pl.col("strike") * 1000).round().cast(pl.Int64).cast(pl.String).str.zfill(8),
    )


def with_symbol_fields(table: pl.DataFrame) -> pl.DataFrame:
    """Add `root`, `expiration`, `option_type` and `strike`, read from the option symbols in the column `symbol`.

    OSI symbols are read from the right: strike x 1000 in 8 digits, C or P, YYMMDD, and what is left is the root,
    padded with blanks to six characters or not, with or without a leading "O:" or ".".
    A symbol of any other shape gives null in all four. Source: OCC, Options Symbology Initiative (2010).
    """
    bare = pl.col("symbol").str.strip_chars().str.to_uppercase().str.strip_prefix("O:").str.strip_prefix(".")
    good = pl.when(pl.col("bare").str.contains(r"^[A-Z][A-Z0-9]{0,5} *\d{6}[CP]\d{8}$")).then("bare")
    # Each step is a pass of its own: in one expression, every field would clean the symbol anew.
    cleaned = table.with_columns(bare.alias("bare")).with_columns(good.alias("bare"))
    symbol = pl.col("bare")
    return cleaned.with_columns(
        symbol.str.head(-15).str.strip_chars_end().alias("root"),
        # OSI began in 2010: two-digit years are of this century.
        ("20" + symbol.str.slice(-15, 6)).str.to_date("%Y%m%d", strict=False).alias("expiration"),
        symbol.str.slice(-9, 1).alias("option_type"),
        # Not divided: Polars would multiply by 1 / 1000, and be a last digit off.
        (symbol.str.slice(-8, 5) + "." + symbol.str.tail(3)).cast(pl.Float64, strict=False).alias("strike"),
    ).drop("bare")
