"""`gex quality`: what became of every row of one source, and what to do about it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from gex.cli import options, sink
from gex.cli.sources import HARMLESS, check_quality, first_bad_line, read_file, snapshot_of
from gex.ingest.errors import ContentError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import polars as pl

    from gex.cli.options import Format, OutputOptions, ReadOptions
    from gex.ingest.findings import Finding
    from gex.ingest.schema import Chain

FORMATS: tuple[Format, ...] = ("table", "json", "csv", "parquet")
SCHEMA_VERSION = 1
SHOWN = 10
"""Rows of each finding that people are shown."""


@click.command("quality")
@click.argument("source")
@click.option(
    "--rows", type=click.IntRange(0), metavar="N", help="Rows to show of each finding. [default: 10, in a file all]"
)
@options.read_options
@click.option("--spot", type=float, metavar="PRICE", help="Price of the underlying, for files without.")
@options.output_options(*FORMATS)
@options.logging_options
def command(source: str, rows: int | None, read: ReadOptions, spot: float | None, output: OutputOptions) -> None:
    """Explain a SOURCE row by row: what was kept, set aside or flagged, why, and the remedy.

    Exits with 3 where more rows are bad than --strict or --max-bad accepts, after saying which.
    """
    from gex.ingest.findings import findings

    form = sink.format_of(output, FORMATS)
    chain = _read(source, read, spot)
    refusal = _refusal(chain, source, read)
    if rows is None and form == "table":
        rows = SHOWN
    sink.emit(_explained(chain, findings(chain), refusal, form, rows, output), output.output)
    if refusal:
        raise refusal


def _read(source: str, read: ReadOptions, spot: float | None) -> Chain:
    """Return the chain; one from the store with the rows that were set aside when it was put there."""
    snapshot = snapshot_of(source, read)
    if snapshot is None or read.store is None:
        return read_file(source, read, spot)
    import polars as pl

    from gex.ingest.address import opened
    from gex.ingest.snapshot_file import read_quarantine

    with opened(snapshot) as path:
        chain = read_file(str(path), read, spot)
    before = read_quarantine(read.store / "quarantine" / snapshot.place)
    return replace(chain, quarantine=pl.concat([before, chain.quarantine]))


def _refusal(chain: Chain, source: str, read: ReadOptions) -> ContentError | None:
    try:
        check_quality(chain.quality.rows_in, chain.quality.quarantined, source, read, first_bad_line(chain))
    except ContentError as error:
        return error
    return None


def _explained(
    chain: Chain, found: list[Finding], refusal: ContentError | None, form: Format, most: int | None,
    output: OutputOptions,
) -> Iterator[str | bytes]:  # fmt: skip
    if form == "table":
        from gex.cli.render.findings import page
        from gex.cli.render.terminal import Terminal, detect

        terminal = detect(output.color) if output.output is None else Terminal()
        yield page(chain, found, terminal, most=most or 0, refused=refusal is not None)
    elif form == "json":
        from gex.cli.render.document import dumps, jsonable

        yield dumps(jsonable(_document(chain, found, refusal, most))) + "\n"
    else:
        yield sink.table_chunk(_table(found, most), form)


def _document(chain: Chain, found: list[Finding], refusal: ContentError | None, most: int | None) -> dict[str, Any]:
    from dataclasses import asdict

    report = chain.quality
    return {
        "schema_version": SCHEMA_VERSION,
        "underlying": chain.underlying,
        "quote_time": chain.quote_time,
        "spot": chain.spot,
        "source": asdict(chain.source),
        "rows_in": report.rows_in,
        "rows_kept": report.rows_kept,
        "rows_set_aside": sum(report.quarantined.values()),
        "rows_flagged": int((chain.frame["quality"] != 0).sum()),
        "accepted": refusal is None,
        "refusal": refusal and refusal.message,
        "findings": [
            {
                "code": each.rule.code,
                "severity": each.rule.severity,
                "counts_as_bad": each.rule.severity == "error" and each.rule.code not in HARMLESS,
                "count": each.count,
                "meaning": each.rule.meaning,
                "remedy": each.rule.remedy,
                "rows": _first(each, most).to_dicts(),
            }
            for each in found
        ],
        "notes": report.notes,
    }


def _table(found: list[Finding], most: int | None) -> pl.DataFrame:
    """Return a line a row and finding; of a finding without rows to show, one that holds the count alone."""
    import polars as pl

    from gex.ingest.findings import FLAGGED
    from gex.ingest.schema import QUARANTINE, SCHEMA

    head = pl.DataFrame(
        schema={"severity": pl.String, "code": pl.String, "count": pl.Int64}
        | {name: QUARANTINE[name] for name in ("line", "row")}
        | {name: SCHEMA[name] for name in FLAGGED}
    )
    parts = []
    for each in found:
        rows = _first(each, most)
        what = {"severity": each.rule.severity, "code": each.rule.code, "count": each.count}
        rows = rows if rows.height else pl.DataFrame({"line": [None]}, schema={"line": pl.Int64})
        parts.append(rows.select(*(pl.lit(value).alias(name) for name, value in what.items()), pl.all()))
    return pl.concat([head, *parts], how="diagonal_relaxed")


def _first(finding: Finding, most: int | None) -> pl.DataFrame:
    return finding.rows if most is None else finding.rows.head(most)
