"""Every table of a snapshot by name, and as CSV, JSON or Parquet in pieces."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

from gex.cli.serve.endpoint import JSON, pieces

if TYPE_CHECKING:
    from collections.abc import Iterator

    import polars as pl

    from gex.cli.serve.shelf import Shelf
    from gex.ingest.store import Snapshot
    from gex.results import Analysis

OfAnalysis = Literal["summary", "by_strike", "by_expiration", "by_contract", "profile"]
OfZeroDte = Literal["path", "surface", "odds", "positions", "sessions"]
Form = Literal["csv", "json", "parquet"]

OF_ZERO_DTE: tuple[OfZeroDte, ...] = get_args(OfZeroDte)
TABLES: dict[str, str] = {
    "summary": "one row: the levels and what they rest on, as `gex report --format csv`",
    "levels": "a row a scope and definition, as `gex levels --all --format csv`",
    "by_strike": "a row a strike, $ per +1%",
    "by_expiration": "a row a root and expiration",
    "by_contract": "a row a contract in use: quotes, volatility, position, exposures",
    "profile": "net gamma against spot",
    "path": "of what expires today: the hedging path",
    "surface": "of what expires today: price x time, a row a cell",
    "odds": "of what expires today: the odds of prices",
    "positions": "of what expires today: what dealers hold under each model",
    "sessions": "of what expires today: volume against other sessions",
}
"""What there is, and what its rows are."""
FORMS: dict[Form, str] = {"csv": "text/csv", "json": JSON, "parquet": "application/vnd.apache.parquet"}
ROWS = 2000
"""That are written at a time."""


async def frame_of(shelf: Shelf, snapshot: Snapshot, table: str) -> pl.DataFrame:
    """Return a table of a snapshot, the one that the command line writes; errors as of `Shelf`."""
    if table == "levels":
        book = await shelf.levels_of(snapshot)
        from gex.cli.render.level_sheet import rows

        return await shelf.aside(_rows_frame, rows(book, None))
    if table in OF_ZERO_DTE:
        from gex.cli.render.zero_dte_document import frame_of as zero_dte_frame

        return await shelf.aside(zero_dte_frame, await shelf.zero_dte_of(snapshot), table)
    return await shelf.aside(of_analysis, await shelf.analysis_of(snapshot), table)


def of_analysis(analysis: Analysis, table: str) -> pl.DataFrame:
    """Return one of the tables that an analysis has."""
    if table == "by_contract":
        return analysis.make_by_contract()  # not `by_contract`, which would stay with the analysis
    if table == "profile":
        from gex.cli.profile import frame_of as profile_frame

        return profile_frame(analysis)
    from gex.cli.report import frame_of as report_frame

    return report_frame(analysis, "levels" if table == "summary" else table)  # type: ignore[arg-type]  # of `TABLES`


def _rows_frame(rows: list[dict[str, object]]) -> pl.DataFrame:
    import polars as pl

    return pl.DataFrame(rows, infer_schema_length=None)


def chunks(frame: pl.DataFrame, form: Form) -> Iterator[bytes]:
    """Yield a table in a form; together they are what the command line writes, JSON as an array of objects."""
    from gex.cli import sink

    if form == "json":
        yield from _json(frame)
    elif form == "parquet":
        yield from pieces(sink.table_chunk(frame, form))
    else:
        yield sink.table_chunk(frame.clear(), form)
        for part in frame.iter_slices(ROWS):
            yield sink.table_chunk(part, form).partition(b"\n")[2]


def _json(frame: pl.DataFrame) -> Iterator[bytes]:
    before = b"["
    for part in _plain(frame).iter_slices(ROWS):
        yield before + part.write_ndjson().strip().replace("\n", ",\n").encode()
        before = b",\n"
    yield b"[]\n" if before == b"[" else b"]\n"


def _plain(frame: pl.DataFrame) -> pl.DataFrame:
    """Return a table as the documents write it: times as ISO-8601 UTC text, what is no number as null."""
    import polars as pl
    from polars import selectors as cs

    numbers = cs.float()
    return frame.with_columns(
        cs.datetime().dt.strftime("%Y-%m-%dT%H:%M:%S%.fZ"),
        pl.when(numbers.is_finite()).then(numbers),
    )
