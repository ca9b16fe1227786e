"""Open interest of a file that is no chain, given to the contracts of one that is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import polars as pl

from gex.ingest.errors import ContentError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from gex.ingest.readers.raw import RawChain

CONTRACT = ("root", "expiration", "strike", "option_type")
ROWS = pl.Schema(
    {
        "root": pl.String,
        "expiration": pl.Date,
        "strike": pl.Float64,
        "option_type": pl.String,
        "open_interest": pl.Int64,
    }
)
_KEY = ("root", "expiration", "thousandths", "option_type")


@dataclass(frozen=True)
class OpenInterest:
    """What a file says of the open interest of contracts.

    Attributes:
        rows: Columns of `ROWS`, a row a contract.
        title: What the file is, for notes.
        source: The file.
        notes: What its reader found odd about it.

    """

    rows: pl.DataFrame
    title: str
    source: str
    notes: tuple[str, ...] = ()


def completed(raw: RawChain, files: Sequence[OpenInterest], source: str) -> RawChain:
    """Return a chain with the open interest that files give its contracts.

    It takes the place of the chain's own; contracts that are in no file keep theirs. Notes count all of them, the files'
    contracts that the chain has not, and those whose figures differ.

    Args:
        raw: What the chain's reader understood.
        files: At least one.
        source: The chain's, for messages.

    Raises:
        ContentError: No contract of the files is in the chain, which is the only one of its source.

    """
    title = " and ".join(dict.fromkeys(each.title for each in files))
    theirs, contradictory = _agreed(pl.concat([each.rows for each in files]))
    rows = raw.rows.with_columns(_thousandths()).join(
        theirs, on=_KEY, how="left", maintain_order="left", suffix="_beside"
    )
    own, found = rows["open_interest"], rows["open_interest_beside"]
    if found.null_count() == rows.height:
        if not raw.label:
            raise ContentError(f"no contract of {title} ({files[0].source}) is in this chain", source=source)
        return replace(
            raw, notes=(*raw.notes, f"no contract of {title} is in this chain: its own open interest is used")
        )
    lost = theirs.filter(pl.col("open_interest") > 0).join(rows, on=_KEY, how="anti").height
    notes = [
        f"open interest of {found.count():,} of {rows.height:,} rows is that of {title}",
        _counted((own != found).sum(), "of them replace another figure of the chain's own"),
        _counted((own.is_not_null() & found.is_null()).sum(), f"rows that {title} does not have keep the chain's own"),
        _counted(lost, f"contracts of {title} with open interest are not in the chain"),
        _counted(contradictory, f"contracts have two figures in {title}, neither of which is used"),
        *(note for each in files for note in each.notes),
    ]
    joined = rows.with_columns(pl.coalesce("open_interest_beside", "open_interest").alias("open_interest"))
    # The date of the chain's own figures says nothing of these.
    joined = joined.drop("thousandths", "open_interest_beside", "open_interest_date", strict=False)
    return replace(raw, rows=joined, notes=(*raw.notes, *filter(None, notes)))


def _agreed(rows: pl.DataFrame) -> tuple[pl.DataFrame, int]:
    """Return each contract's figure by key, and how many have two that differ and are left out."""
    rows = rows.select(*CONTRACT, "open_interest").with_columns(_thousandths()).drop("strike").unique()
    twice = pl.struct(_KEY).is_duplicated()
    return rows.filter(~twice), rows.filter(twice).select(pl.struct(_KEY).n_unique()).item()


def _thousandths() -> pl.Expr:
    """Return the strike as a whole number, which is the same from whatever decimals it was read."""
    return (pl.col("strike") * 1000).round().cast(pl.Int64, strict=False).alias("thousandths")


def _counted(count: float | Decimal, what: str) -> str:
    return f"{count:,} {what}" if count else ""
