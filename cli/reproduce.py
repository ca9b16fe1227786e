"""`gex reproduce`: a result computed once more from its input, and every figure compared."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from gex.cli import options, values
from gex.ingest.errors import UnreadableError

if TYPE_CHECKING:
    from gex.cli.batch.reproduction import Reproduction
    from gex.cli.options import Color
    from gex.ingest.result_parts import Part
    from gex.position_book import PositionBook


@click.command("reproduce")
@click.argument("result", metavar="RESULT")
@options.results_option
@options.store_option
@click.option("--input", "given", metavar="FILE", help="The input, where it is not where it was.")
@click.option("--spec", metavar="FINGERPRINT", help="Of several results of one address, those of this spec.")
@click.option("--with", "beside", multiple=True, metavar="FILE", help="The files beside the input. May be repeated.")
@click.option("--positions", metavar="FILE", callback=values.positions_of, help="The book it was made with.")
@click.option(
    "--signed-volume",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False),
    callback=values.signed_volume_of,
    help="The signed volume it was made with.",
)
@options.report_form
@options.color_option
@options.logging_options
def command(
    result: str,
    results: Path | None,
    store: Path | None,
    given: str | None,
    spec: str | None,
    beside: tuple[str, ...],
    positions: PositionBook | None,
    signed_volume: PositionBook | None,
    form: str,
    color: Color,
) -> int:
    """Compute RESULT once more from its input, as its footer says, and compare every figure to the last bit.

    RESULT is a part of the result store, or an address in --results (SPX@2025-09-05T10:16). The input is found where
    it was, or in --store, by its content. 0: the same; 1: something differs; 3: the input or the result is gone.
    """
    from gex.cli.batch.reproduction import reproduce
    from gex.cli.options import ReadOptions

    part, source = _found(result, results, spec)
    read = ReadOptions(None, None, None, beside, {}, None, None, store, strict=False, max_bad=1.0)
    found = reproduce(part, source, given, read, {"positions": positions, "signed_volume": signed_volume})
    click.echo(_as_json(found) if form == "json" else _as_text(found, color), color=True)
    return 1 if found.differences else 0


def _found(result: str, results: Path | None, spec: str | None) -> tuple[Part, str | None]:
    """Return the part that was named, and where the manifest says that its input was.

    Raises:
        ChainError: There is none.

    """
    from gex.ingest.result_manifest import recorded
    from gex.ingest.result_parts import part_at
    from gex.ingest.result_store import find_result

    path = Path(result)
    if path.exists() or path.suffix == ".parquet":
        part = part_at(path.absolute(), path.absolute().parents[3]) if len(path.absolute().parents) > 3 else None
        if part is None:
            raise UnreadableError(
                "no part of a result store by its name; give SYMBOL@TIME and --results", source=result
            )
        line = recorded(part.results).get(part.place)
        return part, line.source if line else None
    if results is None:
        raise click.UsageError("no results named; give --results DIR, or set GEX_RESULTS")
    found = find_result(results, result, spec=spec)
    return found.part, found.source


def _as_json(found: Reproduction) -> str:
    from gex.cli.render.document import dumps, jsonable
    from gex.cli.render.reproduction import document

    return dumps(jsonable(document(found)))


def _as_text(found: Reproduction, color: Color) -> str:
    from gex.cli.render.reproduction import screen
    from gex.cli.render.terminal import detect

    return screen(found, detect(color))
