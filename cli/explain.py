"""`gex explain`: what makes a level, contract by contract."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, cast

import click

from gex.cli import options, sink

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gex.cli.options import Format, OutputOptions, ReadOptions
    from gex.explain import Explanation, LevelName
    from gex.results import Analysis
    from gex.settings import Settings

FORMATS: tuple[Format, ...] = ("table", "json", "csv", "parquet")
NAMES: dict[str, LevelName] = {"flip": "gamma_flip", "call-wall": "call_wall", "put-wall": "put_wall"}


def level_of(_ctx: click.Context, _param: click.Parameter, value: str) -> LevelName | float:
    """Read which level is meant: its name, or a strike."""
    if value in NAMES:
        return NAMES[value]
    if value.replace("-", "_") in NAMES.values():
        return cast("LevelName", value.replace("-", "_"))
    try:
        return float(value)
    except ValueError:
        raise click.BadParameter(f"{value!r} is none of {', '.join(NAMES)}, nor a strike") from None


@click.command("explain")
@click.argument("source")
@click.argument("level", callback=level_of)
@click.option("--top", type=click.IntRange(1), default=10, show_default=True, help="Contracts and expirations shown.")
@options.model_options
@options.read_options
@options.output_options(*FORMATS)
@options.logging_options
def command(
    source: str,
    level: LevelName | float,
    top: int,
    settings: Settings,
    read: ReadOptions,
    output: OutputOptions,
) -> int:
    """Show what makes a LEVEL of SOURCE: flip, call-wall, put-wall or a strike.

    The contracts and expirations with the most gamma in it, where the flip would be without each (re-priced), the
    level under each other convention, and every input of the formula.
    """
    from gex.cli.sources import priced_source
    from gex.explain import explain
    from gex.ingest.errors import ContentError

    base, analysis = priced_source(source, read, settings)
    try:
        found = explain(base, analysis, level, top=top)
    except ValueError as error:
        raise ContentError(str(error), source=source) from error
    form = sink.format_of(output, FORMATS)
    if form == "table":
        chunks: Iterator[str | bytes] = _screen(found, analysis, top, output)
    elif form == "json":
        from gex.cli.render.document import dumps, jsonable

        chunks = iter([dumps(jsonable(document(found, analysis, top))) + "\n"])
    else:
        chunks = iter([sink.table_chunk(found.by_contract, form)])
    sink.emit(chunks, output.output)
    return 0


def _screen(found: Explanation, analysis: Analysis, top: int, output: OutputOptions) -> Iterator[str]:
    from gex.cli.render.explanation import screen
    from gex.cli.render.terminal import Terminal, detect

    yield screen(found, analysis, top, detect(output.color) if output.output is None else Terminal())


def document(found: Explanation, analysis: Analysis, top: int) -> dict[str, Any]:
    """Return the explanation as a document; contracts beyond the first `top` are counted and left out."""
    return {
        "underlying": analysis.underlying,
        "quote_time": analysis.quote_time,
        "level": found.level,
        "value": found.value,
        "spot": found.spot,
        "net_usd_per_1pct": found.net_usd_per_1pct,
        "gross_usd_per_1pct": found.gross_usd_per_1pct,
        "share_of_gross": found.share_of_gross,
        "wall": found.wall and asdict(found.wall),
        "points_per_1pct_of_gross": found.points_per_1pct_of_gross,
        "contracts": found.by_contract.height,
        "by_contract": found.by_contract.head(top).to_dicts(),
        "by_expiration": found.by_expiration.to_dicts(),
        "variants": [asdict(variant) for variant in found.variants],
        "formula": found.formula,
        "assumptions": analysis.assumptions,
        "settings": analysis.settings.as_dict() | {"fingerprint": analysis.settings.fingerprint},
        "source": asdict(analysis.source),
    }
