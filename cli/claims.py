"""`gex claims`: what notes say about markets, held against the record."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from gex.cli import options, sink
from gex.cli.failures import MISSING, exit_code, one_line
from gex.cli.histories import history_options, signals_option
from gex.cli.log import LOGGER
from gex.ingest.errors import ChainError

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from gex.cli.claims_file import Entry
    from gex.cli.histories import Histories, HistoryOptions
    from gex.cli.options import Format, OutputOptions
    from gex.cli.render.claims_document import Audit, Failed
    from gex.signals.claim_inputs import Record
    from gex.signals.verdicts import Finding

FORMATS: tuple[Format, ...] = ("table", "json", "jsonl", "csv", "parquet")


@click.command("claims", short_help="Audit a file of claims: each figure beside the one found.")
@click.argument("claims", type=click.Path(dir_okay=False, path_type=Path), metavar="CLAIMS.toml")
@history_options
@signals_option
@options.output_options(*FORMATS)
@options.logging_options
def command(claims: Path, where: HistoryOptions, signals: Path | None, output: OutputOptions) -> int:
    """Audit the claims of a file: each figure claimed beside the one found, and a verdict in plain words.

    The figure found stands with n, its 95% interval and the base rate of any day. A claim that cannot be read, or whose
    history or day is not there, does not stop the others: exit code 4. What the verdicts are does not change it.
    """
    from gex.cli.claims_file import read_claims
    from gex.cli.histories import load
    from gex.cli.render.claims_document import Audit
    from gex.cli.signals_file import read_signals
    from gex.cli.sources import combined
    from gex.signals.claim_inputs import Record

    form = sink.format_of(output, FORMATS)
    entries = read_claims(claims)
    own = read_signals(signals)
    histories = load(own.beside(where))
    record = Record(histories, own.definitions, own.lags, own.lasts)
    audited = tuple(_audited(each, record) for each in entries)
    found = Audit(claims.name, audited, _ends(audited, histories))
    if not histories and any(each.code == MISSING for each in found.failures):
        LOGGER.warning("no history named; give --histories DIR, or set GEX_HISTORIES")
    sink.emit(_chunks(found, form, output), output.output)
    return combined(len(found.findings), {each.code for each in found.failures})


def _ends(found: tuple[Finding | Failed, ...], histories: Histories) -> dict[str, dt.date]:
    """Return the last day of each history that a claim is about."""
    from gex.signals.verdicts import Finding

    named = {str(getattr(each.claim.test, "history", "")) for each in found if isinstance(each, Finding)}
    return {name: histories[name].frame["date"][-1] for name in sorted(named) if name}


def _audited(entry: Entry, record: Record) -> Finding | Failed:
    """Return what becomes of one claim, whatever is wrong with it."""
    from gex.cli.render.claims_document import Failed
    from gex.signals.audit import audit
    from gex.signals.claim_inputs import AbsentError

    if isinstance(entry.claim, click.UsageError):
        return Failed(entry.name, entry.claim.message, entry.claim.exit_code)
    try:
        return audit(entry.claim, record)
    except ChainError as error:
        return Failed(entry.name, one_line(error), exit_code(error))
    except AbsentError as error:
        return Failed(entry.name, entry.table.error(str(error)).message, MISSING)
    except (ValueError, TypeError) as error:
        return Failed(entry.name, entry.table.error(str(error)).message, click.UsageError.exit_code)


def _chunks(audit: Audit, form: Format, output: OutputOptions) -> Iterator[str | bytes]:
    from gex.cli.render import claims_document as render
    from gex.cli.render.claims_screen import screen
    from gex.cli.render.document import dumps, jsonable
    from gex.cli.render.terminal import Terminal, detect

    if form == "table":
        yield screen(audit, detect(output.color) if output.output is None else Terminal())
    elif form == "json":
        yield dumps(jsonable(render.document(audit))) + "\n"
    elif form == "jsonl":
        yield from (dumps(jsonable(render.entry(each)), indent=None) + "\n" for each in audit.entries)
    else:
        yield sink.table_chunk(render.frame(audit), form)
