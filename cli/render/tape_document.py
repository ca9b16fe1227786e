"""The tape for machines: a JSON document, a JSON object a bar as it is finished, CSV as it comes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gex.cli.render.document import SCHEMA_VERSION, dumps, jsonable
from gex.cli.sink import table_chunk
from gex.microstructure.tape_rows import COUNTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import polars as pl

    from gex.cli.tape import TapeOptions
    from gex.cli.tape_run import Run

    Row = dict[str, Any]

UNITS = (
    "_usd in $ of the underlying that dealers buy (+) or sell (-) as a hedge; gamma in $ of delta per +1% of spot and vanna "
    "in $ of delta per vol point, as dealers take them on; cumulated_ since midnight New York; low and high hold the flow "
    "with 95%, as far as sides are in doubt; spot in points; times UTC"
)
NO_SPOT = "no trade so far had a quote of the underlying"


def lines(frames: Iterable[pl.DataFrame]) -> Iterator[str]:
    """Yield a JSON object a row, as soon as the row is there."""
    for frame in frames:
        for row in frame.iter_rows(named=True):
            yield dumps(jsonable(_told(row)), indent=None) + "\n"


def csv(frames: Iterable[pl.DataFrame]) -> Iterator[bytes]:
    """Yield CSV as rows come, the head first."""
    for number, frame in enumerate(frames):
        text = table_chunk(frame, "csv")
        yield text if number == 0 else text.partition(b"\n")[2]


def document(rows: pl.DataFrame, run: Run, given: TapeOptions) -> str:
    """Return the tape as one document."""
    return dumps(jsonable(about(run, given) | {"rows": [_told(row) for row in rows.iter_rows(named=True)]})) + "\n"


def about(run: Run, given: TapeOptions) -> Row:
    """Return what all rows have in common, and what became of every trade."""
    summary = run.tape.summary
    counts = {name: int(summary.totals[name]) for name in COUNTS}
    totals = {name: value for name, value in summary.totals.items() if name != "variance"} | counts
    return {
        "schema_version": SCHEMA_VERSION,
        "underlying": summary.underlying,
        "first_trade": summary.first,
        "last_trade": summary.last,
        "bars": given.bars,
        "by": given.by,
        "stack": run.classifier.stack,
        "accuracies": run.accuracies,
        "maker_share": given.maker_share,
        "chain": given.chain,
        "rate": given.rate,
        "dividend": given.dividend,
        "units": UNITS,
        "totals": totals | {"flow_error_usd": max(summary.totals["variance"], 0.0) ** 0.5},
        "quality": {
            "rows_in": run.rows_in,
            "quarantined": dict(run.quarantined),
            "warnings": dict(run.warnings),
            "notes": list(run.notes),
        },
        "unpriced": summary.unpriced,
        "volatility_from": summary.volatility_from,
        "spot_from": summary.spot_from,
        "outside_chain": summary.outside_chain,
    }


def _told(row: Row) -> Row:
    return row | {"reasons": {} if row["spot"] is not None else {"spot": NO_SPOT}}
