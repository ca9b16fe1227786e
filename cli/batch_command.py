"""`gex batch`: many chains into the result store, whatever happens to some of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from gex.cli import options, values

if TYPE_CHECKING:
    import datetime as dt

    from gex.cli.batch.drive import Tally
    from gex.cli.batch.spec import Spec
    from gex.cli.options import Color, ExecutionOptions, ReadOptions
    from gex.settings import Settings


@click.command("batch")
@options.sources_argument
@click.option(
    "--to", "target", type=click.Path(file_okay=False, path_type=Path), metavar="DIR", help="[default: --results]"
)
@click.option("--resume", is_flag=True, help="Don't read what the manifest proves done.")
@click.option("--from", "first", metavar="DATE", callback=values.day_of, help="Of a store: from this date on.")
@click.option("--until", "last", metavar="DATE", callback=values.day_of, help="Of a store: to this date, included.")
@options.execution_options
@options.model_options
@options.read_options
@options.results_option
@options.report_form
@options.color_option
@options.logging_options
def command(
    sources: tuple[str, ...],
    target: Path | None,
    resume: bool,
    first: dt.date | None,
    last: dt.date | None,
    execution: ExecutionOptions,
    settings: Settings,
    read: ReadOptions,
    results: Path | None,
    form: str,
    color: Color,
) -> int:
    """Analyse SOURCEs, each snapshot a job, and keep the results as Parquet parts with a manifest.

    A SOURCE is a file, a folder (with all below it), a pattern, a URL (s3://, gs://, file://), a chain store, or an
    address in one (SPX: all its snapshots). Nothing is overwritten: a reissued input is a revision. A bad file stops
    nothing: 4 is the exit code where some are done, and --resume does the others.
    """
    from gex.cli.batch.spec import spec_of

    place = _place(target or results, sources, first, last)
    spec = spec_of(settings, read)
    tally = _run(sources, place, spec, (first, last), execution, resume=resume)
    click.echo(_as_json(tally, spec, place) if form == "json" else _as_text(tally, place, color), color=True)
    return tally.exit_code


def _place(results: Path | None, sources: tuple[str, ...], first: dt.date | None, last: dt.date | None) -> Path:
    if results is None:
        raise click.UsageError("no place for the results named; give --to DIR, or set GEX_RESULTS")
    if "-" in sources:
        raise click.UsageError("stdin is read once and leaves nothing to resume from; give files")
    if first and last and last < first:
        raise click.UsageError(f"--until {last} lies before --from {first}")
    return results


def _run(
    sources: tuple[str, ...],
    results: Path,
    spec: Spec,
    days: tuple[dt.date | None, dt.date | None],
    execution: ExecutionOptions,
    *,
    resume: bool,
) -> Tally:
    from gex.cli.batch.drive import Batch
    from gex.cli.batch.executors import executor_for
    from gex.cli.batch.plan import planned
    from gex.cli.batch.progress import watch_for

    items = planned(sources, spec.read, results, days)
    executor, _ = executor_for(execution, items)
    return Batch(items, spec, results, watch_for(len(items))).run(executor, resume=resume)


def _as_json(tally: Tally, spec: Spec, results: Path) -> str:
    from gex.cli.render.batch import document
    from gex.cli.render.document import dumps

    return dumps(document(tally, spec.fingerprint, results))


def _as_text(tally: Tally, results: Path, color: Color) -> str:
    from gex.cli.render.batch import screen
    from gex.cli.render.terminal import detect

    return screen(tally, results, detect(color))
