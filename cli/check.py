"""`gex check`: limits on the series of a symbol, or on one source without history."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from gex.cli import options, sink
from gex.cli.failures import BREACHED
from gex.cli.log import LOGGER
from gex.cli.sources import ADDRESS, Batch, analysis_of
from gex.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gex.cli.checking import Checked
    from gex.cli.options import Format, OutputOptions, ReadOptions
    from gex.limits import Rule

FORMATS: tuple[Format, ...] = ("table", "json", "jsonl")


@dataclass(frozen=True)
class CheckOptions:
    """What is held against what."""

    limits: Path
    results: Path | None
    spec: str | None


check_options = options.gathered(
    CheckOptions,
    "given",
    click.option(
        "--limits",
        required=True,
        type=click.Path(dir_okay=False, path_type=Path),
        metavar="FILE",
        help="The rules (TOML).",
    ),
    options.results_option,
    click.option("--spec", metavar="PREFIX", help="Of several settings in the results: the fingerprint's beginning."),
)


@click.command("check")
@click.argument("sources", nargs=-1, required=True, metavar="SYMBOL...")
@check_options
@options.model_options
@options.read_options
@options.output_options(*FORMATS)
@options.logging_options
def command(
    sources: tuple[str, ...], given: CheckOptions, settings: Settings, read: ReadOptions, output: OutputOptions
) -> int:
    """Check limits on the results of each SYMBOL, as of now or of --at.

    A SYMBOL may also be a SOURCE as in gex report, a file for one: of a single snapshot, what needs history is unknown.
    Exit code 5: a limit of severity breach is breached; 6: data are stale or missing, or a limit is unknown.
    """
    from gex.cli.checking import combined
    from gex.cli.limits_file import read_limits

    form = sink.format_of(output, FORMATS)
    rules = read_limits(given.limits)
    symbols = [each for each in sources if _is_symbol(each)]
    if symbols and given.results is None and read.store is None:
        raise click.UsageError("no results named; give --results DIR, or set GEX_RESULTS")
    if given.results is not None:
        _refuse_settings(symbols)
    batch = Batch(sources, read, settings)
    checks = list(batch.each(lambda source: _checked(source, rules, given, read, settings)))
    sink.emit(_chunks(checks, output, form), output.output)
    code = combined(checks)
    return code if code == BREACHED else batch.exit_code or code


def _checked(
    source: str, rules: tuple[Rule, ...], given: CheckOptions, read: ReadOptions, settings: Settings
) -> Checked:
    """Check the rules on one symbol or source."""
    from gex.cli import checking

    at = settings.at or dt.datetime.now(dt.UTC)
    if given.results is not None and _is_symbol(source):
        checked = checking.check_results(rules, source, given.results, at, given.spec)
    else:
        analysis = analysis_of(source, read, replace(settings, at=None))
        checked = checking.check_analysis(rules, analysis, at)
    _warn(checked)
    return checked


def _is_symbol(source: str) -> bool:
    """Tell whether a SYMBOL can mean a series of the results, and is no file and no snapshot of the store."""
    return ADDRESS.fullmatch(source) is not None and "@" not in source and not Path(source).exists()


def _refuse_settings(symbols: list[str]) -> None:
    """Refuse flags that would change nothing: results are of the settings they were made under."""
    ctx = click.get_current_context()
    given = [
        each.name for each in fields(Settings) if ctx.get_parameter_source(each.name) == ParameterSource.COMMANDLINE
    ]
    if symbols and (wrong := [name for name in given if name != "at"]):
        flag = f"--{wrong[0].replace('_', '-')}"
        raise click.UsageError(f"{flag} changes nothing in the results of {symbols[0]}; choose among them with --spec")


def _warn(checked: Checked) -> None:
    """Warn where nothing was checked, and where the figures are old and no rule would say so."""
    from gex.limit_fields import FIELDS

    if not checked.verdicts:
        LOGGER.warning("%s: no rule is about it: nothing was checked", checked.symbol)
    elif checked.age_sessions and not any(FIELDS[each.rule.field].of_now for each in checked.verdicts):
        LOGGER.warning("%s: %s, and no rule is about age_minutes or age_sessions", checked.symbol, checked.age.lower())


def _chunks(checks: list[Checked], output: OutputOptions, form: Format) -> Iterator[str]:
    from gex.cli.render import verdicts as render
    from gex.cli.render.document import dumps, jsonable
    from gex.cli.render.terminal import Terminal, detect

    if form == "table":
        yield render.screen(checks, detect(output.color) if output.output is None else Terminal())
        return
    indent = 2 if form == "json" else None
    texts = (dumps(jsonable(render.document(each)), indent=indent) for each in checks)
    yield from sink.json_chunks(texts, array=form == "json" and len(checks) > 1)
